// One client's dialogue, command by command (RFC 5321 §3 and §4), over a line that brings lines and takes replies.

import { setImmediate } from 'node:timers/promises';
import type { Path } from '../model/address.ts';
import type { Connection, Envelope, Recipient, Tls } from '../model/envelope.ts';
import { newId } from '../model/ids.ts';
import type { Message } from '../model/message.ts';
import { isPermanent, isPositive, type Reply } from '../model/reply.ts';
import { hasArguments, parseHelo, parseMail, parseRcpt, verbOf } from './command.ts';
import { Deadline, within } from './deadline.ts';
import type { Gate } from './gate.ts';
import type { SmtpEvent, SmtpOptions, SmtpPorts } from './options.ts';
import { type Content, receiveContent } from './receive-content.ts';
import { refusalRecord } from './refusal-record.ts';
import { asRefusal, greeting, heloOk, type ReplyName, replies } from './replies.ts';
import { Spool } from './spool.ts';
import { Transaction } from './transaction.ts';
import type { Wire } from './wire.ts';

/** What all sessions of a server share. */
export interface SmtpContext {
  readonly options: SmtpOptions;
  readonly ports: SmtpPorts;
  readonly gate: Gate;
  /** Messages whose pipeline runs; the client may be gone already. */
  readonly receiving: Set<Promise<unknown>>;
}

/** What a trusted proxy said of the client with XCLIENT; null where it said nothing. */
export interface Introduction {
  readonly helo: string | null;
  readonly isExtended: boolean | null;
}

/** The connection as its session sees it. */
export interface ClientLine {
  readonly wire: Wire;
  readonly client: Connection;
  readonly tls: Tls | null;
  readonly isOpen: boolean;
  readonly offersTls: boolean;
  readonly offersXclient: boolean;
  /** Does nothing once the line is closed. */
  write(reply: Reply): void;
  /** Resolves when the client has taken enough of what was written. */
  writable(): Promise<void>;
  close(): void;
  /** Resolves after the handshake, or when it failed and the line is closed. */
  startTls(): Promise<void>;
  /** Answers XCLIENT; null when it was refused. */
  xclient(line: string): Promise<Introduction | null>;
}

/** Known to us and not served; anything else is unknown (RFC 5321 §4.2.4). */
const notImplemented = new Set(['EXPN', 'HELP', 'ETRN', 'TURN', 'AUTH', 'BDAT', 'SEND', 'SOML', 'SAML', 'XFORWARD']);
const httpMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PRI']);

export class Session {
  readonly #line: ClientLine;
  readonly #context: SmtpContext;
  readonly #options: SmtpOptions;
  readonly #ports: SmtpPorts;
  readonly #silence = new Deadline(() => this.#timeOut('commandTimedOut'));
  readonly #duration = new Deadline(() => this.#timeOut('transactionTimedOut'));
  #helo: { readonly name: string; readonly isExtended: boolean } | null = null;
  #introduction: Introduction | null = null;
  #transaction: Transaction | null = null;
  #errors = 0;
  #idleCommands = 0;

  constructor(line: ClientLine, context: SmtpContext) {
    this.#line = line;
    this.#context = context;
    this.#options = context.options;
    this.#ports = context.ports;
  }

  /** Greets, and obeys until the line is closed. */
  async run(): Promise<void> {
    try {
      await this.#ports.faults('R0-connected');
      if (!this.#line.isOpen || this.#isTooEarly()) return;
      this.#line.write(greeting(this.#options.hostname));
      for (let turns = 1; this.#line.isOpen; turns++) {
        await this.#turn();
        // One packet can hold thousands of commands: the other clients get their turn in between.
        if (turns % 100 === 0) await setImmediate();
      }
    } catch (error) {
      this.#event('failed', { error });
      this.#dismiss('failingClosing');
    } finally {
      this.#silence.clear();
      this.#duration.clear();
    }
  }

  /** Ends the session unless a transaction is open; then it ends after that. */
  drain(): void {
    if (this.#transaction === null) this.#dismiss('shuttingDown');
  }

  /** A client that does not wait for the greeting (RFC 5321 §4.3.1) is noted; its commands are not obeyed. */
  #isTooEarly(): boolean {
    if (!this.#line.wire.hasUnread) return false;
    this.#event('early_talker');
    if (this.#line.wire.hasLine) this.#dismiss('spokeTooSoon');
    return this.#line.wire.isClosed;
  }

  async #turn(): Promise<void> {
    if (this.#context.gate.isClosing && this.#transaction === null) return this.#dismiss('shuttingDown');
    const line = await this.#timed(this.#nextLine());
    switch (line.state) {
      case 'line':
        return await this.#obey(line.text);
      case 'bare-newline':
        this.#event('bare_newline', { in: 'command' });
        return this.#refuse('bareNewlineInCommand');
      case 'too-long':
        this.#refuse('lineTooLong');
        return this.#dismiss('lineTooLongClosing');
      case 'gone':
        return this.#line.close();
    }
  }

  async #nextLine() {
    await this.#line.writable();
    return await this.#line.wire.readLine(this.#options.maxCommandLineBytes);
  }

  /** Waits for one line or one chunk, but not for ever: the bytes of a line do not start its time again. */
  async #timed<T>(waiting: Promise<T>): Promise<T> {
    this.#silence.set(this.#options.commandTimeoutMs);
    try {
      return await waiting;
    } finally {
      this.#silence.clear();
    }
  }

  async #obey(line: string): Promise<void> {
    const verb = verbOf(line);
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return this.#idle(() => this.#hello(line, verb === 'EHLO'));
      case 'MAIL':
        return this.#reply(this.#mail(line));
      case 'RCPT':
        return await this.#rcpt(line);
      case 'DATA':
        return await this.#data(line);
      case 'RSET':
        return this.#idle(() => this.#rset(line));
      case 'NOOP':
        return this.#idle(() => replies.ok);
      case 'VRFY':
        return this.#idle(() => replies.willNotVerify);
      case 'QUIT':
        this.#line.write(replies.closing);
        return this.#line.close();
      case 'STARTTLS':
        return await this.#startTls(line);
      case 'XCLIENT':
        return await this.#xclient(line);
    }
    // A web page may make a browser speak to us: what it wrote after this must not be read as commands.
    if (httpMethods.has(verb)) return this.#dismiss('notHttp');
    this.#refuse(notImplemented.has(verb) ? 'notImplemented' : 'unknownCommand');
  }

  #hello(line: string, isExtended: boolean): Reply {
    const name = parseHelo(line);
    if (name === null) return replies.badHelo;
    const introduced = this.#introduction;
    this.#helo = { name: introduced?.helo ?? name, isExtended: introduced?.isExtended ?? isExtended };
    // RFC 5321 §4.1.4: a new EHLO or HELO is a RSET as well.
    this.#reset();
    return heloOk(this.#options.hostname, isExtended ? this.#keywords() : []);
  }

  #keywords(): string[] {
    return [
      'PIPELINING',
      `SIZE ${this.#options.maxMessageBytes}`,
      '8BITMIME',
      ...(this.#line.offersTls ? ['STARTTLS'] : []),
      'ENHANCEDSTATUSCODES',
      ...(this.#line.offersXclient ? ['XCLIENT NAME ADDR PROTO HELO'] : []),
    ];
  }

  #mail(line: string): Reply {
    if (this.#helo === null) return replies.heloFirst;
    if (this.#transaction !== null) return replies.mailGiven;
    const mail = parseMail(line, this.#options.maxMessageBytes);
    if (mail.refusal !== null) return mail.refusal;
    const { clock, random } = this.#ports;
    this.#transaction = new Transaction(newId(clock, random), mail.read, clock.now());
    this.#duration.set(this.#options.transactionDeadlineMs);
    return replies.originatorOk;
  }

  async #rcpt(line: string): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === null) return this.#refuse(this.#helo === null ? 'heloFirst' : 'mailFirst');
    const rcpt = parseRcpt(line);
    if (rcpt.refusal !== null) return this.#reply(rcpt.refusal);
    if (transaction.has(rcpt.read)) return this.#line.write(replies.recipientOk);
    // RFC 5321 §4.5.3.1.10. Honest clients ask for more and send the rest later: not an error, and not recorded.
    if (!transaction.mayAsk(this.#options.maxRecipients)) return this.#line.write(replies.tooManyRecipients);
    const answer = await this.#verify(rcpt.read, transaction.mail.reversePath);
    if (!isPositive(answer)) return this.#reply(asRefusal(answer), rcpt.read);
    transaction.add(rcpt.read);
    this.#line.write(replies.recipientOk);
  }

  async #verify(path: Path, reversePath: Path): Promise<Reply> {
    const asking = async () => await this.#ports.verifyRecipient(path, this.#line.client, reversePath);
    return await this.#guarded(asking());
  }

  async #data(line: string): Promise<void> {
    if (this.#helo === null) return this.#refuse('heloFirst');
    if (hasArguments(line)) return this.#refuse('noArguments');
    const transaction = this.#transaction;
    if (transaction === null) return this.#refuse('mailFirst');
    const envelope = this.#envelope(transaction);
    if (envelope === null) return this.#refuse('recipientFirst');
    await this.#ports.faults('R1-envelope');
    const spool = new Spool(this.#options.spoolFolder, transaction.id);
    this.#line.write(replies.startContent);
    const content = await this.#content(spool);
    this.#duration.clear();
    await this.#answer(envelope, content, spool);
    this.#reset();
    this.#idleCommands = 0;
  }

  #envelope(transaction: Transaction): Envelope | null {
    const [first, ...others] = transaction.recipients;
    if (first === undefined) return null;
    const recipients: readonly [Recipient, ...Recipient[]] = [first, ...others];
    const tls = this.#line.tls;
    return {
      id: transaction.id,
      connection: this.#line.client,
      helo: this.#helo?.name ?? '',
      protocol: this.#helo?.isExtended ? (tls === null ? 'ESMTP' : 'ESMTPS') : 'SMTP',
      tls,
      reversePath: transaction.mail.reversePath,
      is8bit: transaction.mail.is8bit,
      isUtf8: false,
      parameters: [],
      recipients,
      startedAt: transaction.startedAt,
    };
  }

  async #content(spool: Spool): Promise<Content> {
    const wire = this.#line.wire;
    const source = {
      read: async () => await this.#timed(wire.readBytes()),
      unread: (rest: Buffer) => wire.unread(rest),
    };
    return await receiveContent(source, spool, this.#options, this.#ports.faults);
  }

  async #answer(envelope: Envelope, content: Content, spool: Spool): Promise<void> {
    if (content.state === 'complete') return await this.#relay(envelope, content.message, spool);
    await spool.discard();
    switch (content.state) {
      case 'gone':
        return this.#event('content_aborted', { transaction: envelope.id });
      case 'smuggled':
        this.#event('smuggling_refused', { transaction: envelope.id });
        return this.#dismiss('smuggled');
      case 'not-kept':
        this.#event('spool_failed', { transaction: envelope.id, error: content.cause });
        return this.#refuseContent(replies.insufficientStorage);
      case 'refused':
        if (content.hadBareNewlines) this.#event('bare_newline', { in: 'content', transaction: envelope.id });
        return this.#refuseContent(content.reply);
    }
  }

  async #relay(envelope: Envelope, message: Message, spool: Spool): Promise<void> {
    if (message.hadBareNewlines) this.#event('bare_newline', { in: 'content', transaction: envelope.id });
    const receiving = this.#receive(envelope, message).finally(() => spool.discard());
    this.#context.receiving.add(receiving);
    const reply = await this.#guarded(receiving.finally(() => this.#context.receiving.delete(receiving)));
    this.#line.write(isPositive(reply) ? reply : asRefusal(reply));
    await this.#ports.faults('R6-client-answered');
  }

  async #receive(envelope: Envelope, message: Message): Promise<Reply> {
    await this.#ports.faults('R3-content-complete');
    return await this.#ports.receive(envelope, message);
  }

  /** A port's answer, in time: 451 for one that throws or is late. */
  async #guarded(answer: Promise<Reply>): Promise<Reply> {
    const safe = answer.catch(error => {
      this.#event('failed', { error });
      return replies.localError;
    });
    return await within(safe, this.#options.replyDeadlineMs, () => {
      this.#event('late_reply');
      return replies.localError;
    });
  }

  async #startTls(line: string): Promise<void> {
    if (hasArguments(line)) return this.#refuse('noArguments');
    if (this.#line.tls !== null) return this.#refuse('tlsActive');
    if (!this.#line.offersTls) return this.#refuse('notImplemented');
    // RFC 3207 §4.1: what follows in plain text was perhaps put there by somebody else.
    if (this.#line.wire.hasUnread) return this.#dismiss('pipelinedTls');
    this.#line.write(replies.readyForTls);
    await this.#line.startTls();
    // RFC 3207 §4.2: what was said before the handshake is forgotten.
    this.#helo = null;
    this.#reset();
  }

  async #xclient(line: string): Promise<void> {
    if (!this.#line.offersXclient) return this.#refuse('xclientRefused');
    if (this.#transaction !== null) return this.#refuse('noTransactionAllowed');
    const introduction = await this.#line.xclient(line);
    if (introduction === null) return;
    this.#introduction = introduction;
    this.#helo = null;
  }

  #rset(line: string): Reply {
    if (hasArguments(line)) return replies.noArguments;
    this.#reset();
    return replies.ok;
  }

  #reset(): void {
    this.#transaction = null;
    this.#duration.clear();
  }

  /** Obeys a command that brings no mail nearer, if there were not too many of them. */
  #idle(obey: () => Reply): void {
    this.#idleCommands += 1;
    if (this.#idleCommands > this.#options.maxIdleCommands) this.#dismiss('tooManyIdleCommands');
    else this.#reply(obey());
  }

  #reply(reply: Reply, forwardPath: Path | null = null): void {
    this.#line.write(reply);
    if (reply.code >= 400) this.#count(reply, forwardPath);
  }

  #refuse(name: ReplyName): void {
    this.#reply(replies[name]);
  }

  #count(refusal: Reply, forwardPath: Path | null): void {
    this.#record(refusal, forwardPath);
    if (isPermanent(refusal)) this.#errors += 1;
    if (this.#errors < this.#options.maxErrors || !this.#line.isOpen) return;
    this.#event('too_many_errors');
    this.#dismiss('tooManyErrors');
  }

  /** Not counted among the errors: a relay that brings many senders' mail is not to blame for each. */
  #refuseContent(reply: Reply): void {
    this.#line.write(reply);
    this.#record(reply, null);
  }

  #dismiss(name: ReplyName): void {
    if (!this.#line.isOpen) return;
    this.#line.write(replies[name]);
    this.#record(replies[name], null);
    this.#line.close();
  }

  #timeOut(name: ReplyName): void {
    this.#event('timed_out', { reply: name, inTransaction: this.#transaction !== null });
    this.#dismiss(name);
  }

  #record(reply: Reply, forwardPath: Path | null): void {
    const reversePath = this.#transaction?.mail.reversePath ?? null;
    const { clientAddress } = this.#line.client;
    this.#ports.refused(refusalRecord(this.#ports, clientAddress, reply, reversePath, forwardPath));
  }

  #event(event: SmtpEvent['event'], fields: Readonly<Record<string, unknown>> = {}): void {
    const { id, clientAddress } = this.#line.client;
    this.#ports.event({ event, connection: id, clientAddress, fields });
  }
}
