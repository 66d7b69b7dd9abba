# Two stages from plain Debian: Node itself comes from npm (docs/decisions/0001-node-from-npm.md).
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build \
 && cp -L node_modules/.bin/node /usr/local/bin/node \
 && npm prune --omit=dev --omit=optional --ignore-scripts

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10025 --home-dir /var/lib/postern --create-home postern
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /opt/postern
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
COPY rules ./rules
USER postern
ENV NODE_ENV=production POSTERN_DATA_DIR=/var/lib/postern
VOLUME /var/lib/postern
EXPOSE 2525 8025
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8025/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/postern/dist/main.js"]
CMD ["serve"]
