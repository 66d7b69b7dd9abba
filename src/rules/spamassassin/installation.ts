// What rules may ask of the SpamAssassin that reads them, in `if` and `ifplugin`: its version, its plugins, its features.
// We answer as version 4.0.1 does with the plugins that its own `.pre` files load.

import { compileExpression, parseExpression } from './expression.ts';

const version = 4.000001;
const perlVersion = 5.036;

const plugin = 'Mail::SpamAssassin::Plugin::';
const conf = 'Mail::SpamAssassin::Conf';

const defaultPlugins: readonly string[] = [
  'AskDNS AutoLearnThreshold Bayes BodyEval Check DKIM DMARC DNSEval FreeMail HTMLEval HTTPSMismatch HashBL HeaderEval',
  'ImageInfo MIMEEval MIMEHeader Pyzor Razor2 RelayEval ReplaceTags SPF SpamCop URIDNSBL URIDetail URIEval VBounce',
  'WLBLEval WelcomeListSubject',
].flatMap(names => names.split(' ').map(name => `${plugin}${name}`));

/** What `can` and `has` find, by module. */
const features: Readonly<Record<string, readonly string[]>> = {
  [conf]: [
    'originating_ip_headers dns_local_ports_permit_avoid bayes_auto_learn_on_error uri_host_listed yesno_takes_args',
    'bug6558_free edns dns_query_restriction registryboundaries geodb dns_block_rule compile_regexp meta_rules_matching',
    'subjprefix bayes_stopwords get_host blocklist_welcomelist welcomelist_blocklist header_address_parser',
    'local_tests_only header_first_last header_match_many capture_rules',
  ]
    .flatMap(names => names.split(' ').map(name => `feature_${name}`))
    .concat('has_tflags_nosubject', 'has_tflags_nolog', 'perl_min_version_5010000'),
  [`${plugin}BodyEval`]: ['has_check_body_length', 'has_plaintext_body_sig_ratio'],
  [`${plugin}DKIM`]: ['has_arc'],
  [`${plugin}DNSEval`]: ['has_tflags_domains_only', 'has_tflags_ips_only'],
  [`${plugin}AskDNS`]: ['has_tag_header'],
  [`${plugin}HashBL`]: [
    'hashbl_bodyre hashbl_bodyre_num hashbl_emails hashbl_uris hashbl_ignore hashbl_email_regex hashbl_email_welcomelist',
    'hashbl_email_whitelist hashbl_tag hashbl_sha256 hashbl_attachments hashbl_email_domain hashbl_email_domain_alias',
  ].flatMap(names => names.split(' ').map(name => `has_${name}`)),
  [`${plugin}MIMEEval`]: ['has_check_for_ascii_text_illegal', 'has_check_abundant_unicode_ratio', 'has_check_qp_ratio'],
  [`${plugin}MIMEHeader`]: ['all_header', 'tflags_range', 'tflags_concat', 'tflags_multiple', 'capture_rules'].map(
    name => `has_${name}`,
  ),
  [`${plugin}Pyzor`]: ['has_fork', 'has_perl'],
  [`${plugin}Razor2`]: ['has_fork'],
  [`${plugin}SPF`]: ['has_check_for_spf_errors', 'has_check_spf_skipped_noenvfrom'],
  [`${plugin}URIDNSBL`]: [
    'tflags_domains_only',
    'subtest_for_ranges',
    'uridnsbl_for_a',
    'uridnsbl_a_ns',
    'tflags_notrim',
    'uridnsbl_skip_mailto',
  ].map(name => `has_${name}`),
  [`${plugin}URIDetail`]: ['has_host_key'],
};

/** What was renamed; the old names are still asked for. */
const renamed: Readonly<Record<string, string>> = {
  [`${plugin}Dmarc`]: `${plugin}DMARC`,
  [`${plugin}WhiteListSubject`]: `${plugin}WelcomeListSubject`,
};

/** What `.pre` files set up: Debian's, where none are among the files that are read. */
export class Installation {
  readonly #plugins: Set<string>;
  readonly #compatibilities: Set<string>;

  constructor(isConfigured: boolean) {
    this.#plugins = new Set(isConfigured ? [] : defaultPlugins);
    this.#compatibilities = new Set(isConfigured ? [] : ['welcomelist_blocklist']);
  }

  /** `loadplugin`. A file of Perl that stands beside it is not looked at. */
  load(name: string): void {
    this.#plugins.add(renamed[name] ?? name);
  }

  /** `enable_compat`. */
  enable(name: string): void {
    this.#compatibilities.add(name);
  }

  /** Whether the rest of an `if` line holds; null where it is no condition. */
  holds(condition: string): boolean | null {
    const expression = parseExpression(condition);
    if (expression === null) return null;
    const value = compileExpression(expression)((name, argument) => this.#valueOf(name, argument ?? ''));
    return value !== 0 && !Number.isNaN(value);
  }

  #valueOf(name: string, argument: string): number {
    switch (name) {
      case 'version':
        return version;
      case 'perl_version':
        return perlVersion;
      case 'local_tests_only':
        return 1;
      case 'plugin':
        // RaciallyCharged was removed, and is answered for since.
        return Number(argument === `${plugin}RaciallyCharged` || this.#isLoaded(argument));
      case 'can':
      case 'has':
        return Number(this.#hasFeature(argument));
      default:
        return 0;
    }
  }

  #isLoaded(name: string): boolean {
    return this.#plugins.has(renamed[name] ?? name);
  }

  #hasFeature(name: string): boolean {
    const [, module = '', feature = ''] = /^(.*)::(.*)$/.exec(name) ?? [];
    if (module === conf && feature.startsWith('compat_'))
      return this.#compatibilities.has(feature.slice('compat_'.length));
    if (module !== conf && !this.#isLoaded(module)) return false;
    return features[renamed[module] ?? module]?.includes(feature) ?? false;
  }
}
