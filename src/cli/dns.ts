// postern dns check | plan: what the DNS says of our domains, what it should say, and the text to publish.

import { isIP } from 'node:net';
import { type OpenReach, ourSiteOf, reachOf } from '../compose/site/our-site.ts';
import { loadConfig } from '../config/load.ts';
import { dnsServer } from '../config/values.ts';
import { type Finding, isGood, type Standing } from '../domain-records/finding.ts';
import type { OurSite } from '../domain-records/site.ts';
import { domainFindings, gatewayFindings } from '../domain-records/survey.ts';
import { formTable, isForPasting, writtenValue, zoneText } from '../domain-records/zone-text.ts';
import { comparableDomain } from '../model/address.ts';
import { systemClock } from '../model/clock.ts';
import { BadInput } from '../model/failure.ts';
import { addressOf } from '../model/networks.ts';
import { printable, printableJson } from '../observe/printable.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

interface DnsOptions {
  readonly config?: string;
  readonly server: readonly string[];
  readonly ip: readonly string[];
  readonly outgoing: readonly string[];
  readonly selector: readonly string[];
  readonly reports?: string;
}

export function dnsCommands({ program, run, out }: Cli): void {
  const dns = program.command('dns').description('the records of our domains: what is there, and what should be');
  const command = (name: string, about: string) =>
    dns
      .command(name)
      .description(about)
      .option('-c, --config <file>', 'configuration file')
      .option('--server <address>', 'a resolver to ask in place of the configuration’s; again for more', collected, [])
      .option('--ip <address>', 'a public address of this gateway; again for more', collected, [])
      .option('--outgoing <address>', 'an address that mail of the domain leaves from; again for more', collected, [])
      .option('--selector <name>', 'a DKIM selector of another server of yours; again for more', collected, [])
      .option('--reports <mailbox>', 'where reports should go (default: postmaster of the domain)');
  command(
    'check <domain...>',
    'look at what is published; exit 1 when something needed is missing or something is wrong, 75 when nobody can say',
  )
    .option('--json', 'one JSON object a line')
    .action((domains: readonly string[], options: DnsOptions & { readonly json?: boolean }) =>
      run(() => check(domains, options, out)),
    );
  command(
    'plan <domain>',
    'print what is to be published, as lines of a zone file; exit 75 when some of what is there is not known',
  )
    .option('--table', 'name, type and value apart by tabs, for the forms of web pages')
    .option('--all', 'what is there already and right, too')
    .action((domain: string, options: DnsOptions & PlanOptions) => run(() => plan(domain, options, out)));
}

const collected = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** What is found of each domain by its name, and under `null` of the gateway. */
type Survey = ReadonlyMap<string | null, readonly Finding[]>;

async function surveyed(domains: readonly string[], options: DnsOptions): Promise<Survey> {
  const names = domains.map(checkedDomain);
  const { site, reach } = scene(options);
  try {
    const found = await Promise.all([
      ...names.map(name => domainFindings(name, site, reach)),
      gatewayFindings(site, names, reach.resolve),
    ]);
    return new Map([...names, null].map((name, i) => [name, found[i] ?? []]));
  } finally {
    reach.close();
  }
}

function scene(options: DnsOptions): { readonly site: OurSite; readonly reach: OpenReach } {
  const config = loadConfig(options.config ?? null);
  const wrongServer = options.server.find(server => !dnsServer.safeParse(server).success);
  if (wrongServer !== undefined) throw new BadInput(`--server ${wrongServer}: expected an address or address:port`);
  const { reports } = options;
  if (reports !== undefined && !/^[^\s@,;!"]+@[A-Za-z0-9.-]+$/.test(reports))
    throw new BadInput(`--reports ${reports}: expected an address, such as reports@example.com`);
  const site = ourSiteOf(config, {
    addresses: options.ip.map(ip => checkedAddress('--ip', ip)),
    outgoing: options.outgoing.map(ip => checkedAddress('--outgoing', ip)),
    selectors: options.selector.map(checkedSelector),
    reportsTo: reports ?? null,
  });
  return { site, reach: reachOf(config, systemClock, options.server) };
}

function checkedDomain(domain: string): string {
  const name = comparableDomain(domain);
  const isName = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+$/.test(name) && isIP(name) === 0;
  if (!isName || name.length > 230 || name.split('.').some(label => label.length > 63))
    throw new BadInput(`${domain}: expected a domain, such as example.com`);
  return name;
}

function checkedAddress(option: string, text: string): string {
  const address = addressOf(text);
  if (address === null) throw new BadInput(`${option} ${text}: expected an address, such as 192.0.2.1 or 2001:db8::1`);
  return address;
}

function checkedSelector(text: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text))
    throw new BadInput(`--selector ${text}: expected a selector, such as s2026`);
  return text;
}

async function check(
  domains: readonly string[],
  options: DnsOptions & { readonly json?: boolean },
  out: Cli['out'],
): Promise<number> {
  const found = await surveyed(domains, options);
  for (const [domain, findings] of found)
    out(options.json === true ? jsonLines(domain, findings) : section(domain, findings));
  return exitCodeFor([...found.values()].flat());
}

/** What is surely not as it should be weighs more than what nobody knows. */
export function exitCodeFor(findings: readonly Finding[]): number {
  const bad = findings.filter(finding => !isGood(finding));
  if (bad.some(({ standing }) => standing !== 'unknown')) return exitCodes.found;
  return bad.length > 0 ? exitCodes.tryLater : exitCodes.ok;
}

const section = (domain: string | null, findings: readonly Finding[]): string =>
  [domain ?? 'the gateway', ...findings.flatMap(textLines), ''].map(line => `${printable(line)}\n`).join('');

const standingWidth = 'missing'.length;
const recordWidth = 'MTA-STS policy'.length;

function textLines(finding: Finding): readonly string[] {
  const { standing, record, name, found, because, publish, file } = finding;
  const indent = ' '.repeat(2 + standingWidth + 2);
  const isOff = standing === 'missing' || standing === 'wrong';
  const wanted = isOff ? publish.map(each => `${each.name} ${each.type} ${writtenValue(each)}`) : [];
  const address = file === undefined || !isOff ? [] : [`${file.url}, as \`postern dns plan\` prints it`];
  return [
    `  ${standing.padEnd(standingWidth)}  ${record.padEnd(recordWidth)}  ${name}`,
    ...found.map(text => `${indent}is: ${text}`),
    ...[...wanted, ...address].map(text => `${indent}should be: ${text}`),
    ...(because === '' ? [] : [`${indent}${noteLabel(standing, finding.isOptional)}: ${because}`]),
  ];
}

function noteLabel(standing: Standing, isOptional = false): string {
  if (standing === 'ok') return 'note';
  return isOptional && standing === 'missing' ? 'optional' : 'why';
}

function jsonLines(domain: string | null, findings: readonly Finding[]): string {
  return findings
    .map(({ record, name, standing, isOptional, found, publish, file, because }) => {
      const expected = publish.map(each => ({ name: each.name, type: each.type, value: each.value }));
      const line = { domain, record, name, standing, optional: isOptional === true, found, expected, file, because };
      return `${printableJson(JSON.stringify(line))}\n`;
    })
    .join('');
}

interface PlanOptions {
  readonly table?: boolean;
  readonly all?: boolean;
}

async function plan(domain: string, options: DnsOptions & PlanOptions, out: Cli['out']): Promise<number> {
  const findings = [...(await surveyed([domain], options)).values()].flat();
  const wanted = findings.filter(({ standing, publish, file, advice }) => {
    const hasText = publish.length > 0 || file !== undefined || advice !== undefined;
    return hasText && (options.all === true || standing !== 'ok');
  });
  if (options.table === true) out(formTable(wanted.filter(isForPasting).flatMap(({ publish }) => publish)));
  else out(wanted.length === 0 ? '; All that should be published is there.\n' : zoneText(wanted));
  return findings.some(({ standing }) => standing === 'unknown') ? exitCodes.tryLater : exitCodes.ok;
}
