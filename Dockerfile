# Two stages from plain Debian: Node itself comes from npm (docs/decisions/0001-node-from-npm.md).
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
COPY rules ./rules
# better-sqlite3 brings SQLite's sources and a binary for each platform: 25 MB that no image of ours can load.
RUN npm run build \
 && cp node_modules/node-linux-*/bin/node ./node \
 && npm prune --omit=dev --omit=optional --ignore-scripts \
 && rm -rf node_modules/better-sqlite3/deps \
 && find node_modules/better-sqlite3/prebuilds -name '*.node' ! -name 'linux-*' -delete

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libatomic1 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10025 --home-dir /var/lib/postern postern \
 && install -d -o postern -g postern -m 0700 /var/lib/postern
COPY --from=build /build/node /usr/local/bin/node
WORKDIR /opt/postern
COPY package.json LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY rules ./rules
COPY fixtures/profiles ./fixtures/profiles
COPY --from=build /build/dist ./dist
USER postern
# Relative paths of the configuration, and the Maildir of the embedded defaults, are below the volume.
WORKDIR /var/lib/postern
ENV NODE_ENV=production POSTERN_DATA_DIR=/var/lib/postern
VOLUME /var/lib/postern
EXPOSE 2525 8025
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch(new URL('/healthz', process.env.POSTERN_URL ?? 'http://127.0.0.1:8025')).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/postern/dist/main.js"]
CMD ["serve"]
