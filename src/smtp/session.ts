// One client's dialogue, command by command (RFC 5321 §3 and §4), over a line that brings lines and takes replies.

import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Path } from '../model/address.ts';
import type { Connection, Envelope, Protocol, Recipient, Tls } from '../model/envelope.ts';
import { newId } from '../model/ids.ts';
import { inTime } from '../model/in-time.ts';
import type { Message } from '../model/message.ts';
import { isPermanent, isPositive, type Reply } from '../model/reply.ts';
import { ChunkedContent, dropChunk } from './chunked-content.ts';
import { type Chunk, hasArguments, parseBdat, parseHelo, parseMail, parseRcpt, verbOf } from './command.ts';
import type { Content } from './content-keeper.ts';
import { Deadline } from './deadline.ts';
import { ehloKeywords, noExtensions, soFar } from './ehlo.ts';
import type { Gate } from './gate.ts';
import type { LimitName, Limits } from './limits.ts';
import type { Extensions, SmtpEvent, SmtpOptions, SmtpPorts } from './options.ts';
import { Patience } from './patience.ts';
import { type ContentSource, receiveContent } from './receive-content.ts';
import { refusalRecord } from './refusal-record.ts';
import type { RefusalTrace } from './refusal-trace.ts';
import { asRefusal, greeting, heloOk, type ReplyName, replies } from './replies.ts';
import { Spool } from './spool.ts';
import { Tolerance } from './tolerance.ts';
import { Transaction } from './transaction.ts';
import type { Wire } from './wire.ts';
import { type Introduction, parseXclient, parseXforward } from './xclient.ts';

/** What all sessions of a server share. */
export interface SmtpContext {
  readonly options: SmtpOptions;
  readonly ports: SmtpPorts;
  readonly gate: Gate;
  readonly limits: Limits;
  readonly trace: RefusalTrace;
  /** May speak for others: by XCLIENT or XFORWARD, and by a PROXY header that each of its connections begins with. */
  readonly mayIntroduce: (address: string) => boolean;
  readonly isProxy: (address: string) => boolean;
  /** Messages whose pipeline runs, or that are being discarded; the client may be gone already. */
  readonly receiving: Set<Promise<unknown>>;
}

/** The connection as its session sees it. */
export interface ClientLine {
  readonly wire: Wire;
  readonly client: Connection;
  readonly tls: Tls | null;
  readonly isOpen: boolean;
  readonly offersTls: boolean;
  /** By XCLIENT or XFORWARD. */
  readonly mayIntroduce: boolean;
  /** Does nothing once the line is closed. */
  write(reply: Reply): void;
  /** Resolves when the client has taken enough of what was written. */
  writable(): Promise<void>;
  close(): void;
  /** Resolves after the handshake, or when it failed and the line is closed. */
  startTls(): Promise<void>;
  /** From now on the client is the one that was introduced; the reply, where that one may not come in. */
  speakFor(client: Introduction): Reply | null;
  /** The same until `speakForItself`; what is said in several parts is put together. */
  speakForNow(client: Introduction): Reply | null;
  speakForItself(): void;
  /** The client spoke before it was its turn. */
  noteEarly(): void;
}

/** What was asked for in a command that is refused, beyond what the transaction says. */
interface Asked {
  readonly reversePath?: Path;
  readonly forwardPath?: Path;
}

/** What the client said of itself, and what it was offered then. */
interface Helo {
  readonly name: string;
  readonly isExtended: boolean;
  readonly extensions: Extensions;
}

/** Known to us and not served; anything else is unknown (RFC 5321 §4.2.4). */
const notImplemented = new Set(['EXPN', 'HELP', 'ETRN', 'TURN', 'AUTH', 'SEND', 'SOML', 'SAML']);
const httpMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PRI']);

/** Replies that end a session because a limit was met. */
const limitOf: Partial<Record<ReplyName, LimitName>> = {
  tooManyErrors: 'max_errors',
  tooManyIdleCommands: 'idle_commands',
  commandTimedOut: 'timeout',
  transactionTimedOut: 'timeout',
};

export class Session {
  readonly #line: ClientLine;
  readonly #context: SmtpContext;
  readonly #options: SmtpOptions;
  readonly #ports: SmtpPorts;
  readonly #patience: Patience;
  readonly #tolerance: Tolerance;
  readonly #duration = new Deadline(() => this.#timeOut('transactionTimedOut'));
  #helo: Helo | null = null;
  /** By XCLIENT. */
  #introduction: Introduction | null = null;
  /** By XFORWARD, for one transaction. */
  #forwarded: Pick<Introduction, 'helo' | 'isExtended'> | null = null;
  #transaction: Transaction | null = null;

  constructor(line: ClientLine, context: SmtpContext) {
    this.#line = line;
    this.#context = context;
    this.#options = context.options;
    this.#ports = context.ports;
    const { clock } = context.ports;
    this.#patience = new Patience(context.options, context.gate, clock, () => this.#timeOut('commandTimedOut'));
    this.#tolerance = new Tolerance(context.options, clock);
  }

  /** Greets, and obeys until the line is closed. */
  async run(): Promise<void> {
    try {
      await this.#ports.faults('R0-connected');
      await this.#greet();
      for (let turns = 1; this.#line.isOpen; turns++) {
        await this.#turn();
        // One packet can hold thousands of commands: the other clients get their turn in between.
        if (turns % 100 === 0) await setImmediate();
      }
    } catch (error) {
      this.#event('failed', { error });
      this.#dismiss('failingClosing');
    } finally {
      this.#patience.end();
      await this.#abandonChunks();
    }
  }

  /** Ends the session unless a transaction is open; then it ends after that. */
  drain(): void {
    if (this.#transaction === null) this.#dismiss('shuttingDown');
  }

  /** The gate is busy: whoever is waited for has less time. */
  hurry(): void {
    this.#patience.hurry();
  }

  async #greet(): Promise<void> {
    const { greetingDelayMs, hostname } = this.#options;
    // What already waits in the kernel is read by the loop's next turn.
    await (greetingDelayMs === null ? setImmediate() : setTimeout(greetingDelayMs, null, { ref: false }));
    // RFC 5321 §4.3.1: a client waits for the greeting.
    if (!this.#isTooEarly('spokeTooSoon') && this.#line.isOpen) this.#line.write(greeting(hostname));
  }

  /** Whether the client sent more than it may before the reply to come, and is refused for it. */
  #isTooEarly(refusal: ReplyName): boolean {
    // Once a proxy speaks for the client, the haste is the proxy's.
    if (this.#introduction !== null || !this.#line.wire.hasUnread) return false;
    this.#event('early_talker');
    this.#context.limits.count('early_talkers');
    this.#line.noteEarly();
    if (this.#options.earlyTalkers === 'score') return false;
    this.#dismiss(refusal);
    return true;
  }

  async #turn(): Promise<void> {
    if (this.#context.gate.isClosing && this.#transaction === null) return this.#dismiss('shuttingDown');
    const line = await this.#patience.forLine(this.#nextLine());
    switch (line.state) {
      case 'line':
        await this.#tarpit();
        return this.#line.isOpen ? await this.#obey(line.text) : undefined;
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

  /** As in Postfix, every reply to a client that was refused often comes later. Nothing but this connection waits. */
  async #tarpit(): Promise<void> {
    const { delayMs } = this.#tolerance;
    if (delayMs === 0 || this.#context.limits.isExempt(this.#line.client.clientAddress)) return;
    this.#context.limits.count('tarpit');
    await setTimeout(delayMs, null, { ref: false });
  }

  async #obey(line: string): Promise<void> {
    const verb = verbOf(line);
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        // RFC 2920 §3.1: EHLO ends a group of commands; and who says HELO sends no groups.
        if (this.#isTooEarly('pipelinedEarly')) return;
        return this.#idle(() => this.#hello(line, verb === 'EHLO'));
      case 'MAIL':
        return await this.#mail(line);
      case 'RCPT':
        return await this.#rcpt(line);
      case 'DATA':
        return await this.#data(line);
      case 'BDAT':
        return await this.#bdat(line);
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
      case 'XFORWARD':
        return await this.#xforward(line);
    }
    // A web page may make a browser speak to us: what it wrote after this must not be read as commands.
    if (httpMethods.has(verb)) return this.#dismiss('notHttp');
    this.#refuse(notImplemented.has(verb) ? 'notImplemented' : 'unknownCommand');
  }

  #hello(line: string, isExtended: boolean): Reply {
    const name = parseHelo(line);
    if (name === null) return replies.badHelo;
    const introduced = this.#introduction;
    this.#helo = {
      name: introduced?.helo ?? name,
      isExtended: introduced?.isExtended ?? isExtended,
      extensions: isExtended ? this.#ports.extensions() : noExtensions,
    };
    // RFC 5321 §4.1.4: a new EHLO or HELO is a RSET as well.
    this.#reset();
    return heloOk(this.#options.hostname, isExtended ? this.#keywords(this.#helo.extensions) : []);
  }

  #keywords(extensions: Extensions): readonly string[] {
    const { offersTls, mayIntroduce } = this.#line;
    return ehloKeywords(extensions, { maxBytes: this.#maxBytes(extensions), offersTls, mayIntroduce });
  }

  #maxBytes({ maxBytes }: Extensions): number {
    return Math.min(this.#options.maxMessageBytes, maxBytes ?? Number.POSITIVE_INFINITY);
  }

  async #mail(line: string): Promise<void> {
    if (this.#helo === null) return this.#refuse('heloFirst');
    if (this.#transaction !== null) return this.#refuse('mailGiven');
    const { extensions } = this.#helo;
    const mail = parseMail(line, { ...extensions, maxBytes: this.#maxBytes(extensions) });
    if (mail.refusal !== null) return this.#reply(soFar(mail.refusal, extensions));
    const { reversePath } = mail.read;
    const limited = this.#context.limits.message(this.#line.client.clientAddress, reversePath);
    if (limited !== null) return this.#idle(() => limited, { reversePath });
    const { clock, random } = this.#ports;
    this.#transaction = new Transaction(newId(clock, random), mail.read, clock.now());
    this.#duration.set(this.#options.transactionDeadlineMs);
    this.#line.write(replies.originatorOk);
  }

  async #rcpt(line: string): Promise<void> {
    if (this.#helo === null) return this.#refuse('heloFirst');
    const transaction = this.#transaction;
    if (transaction === null) return this.#refuse('mailFirst');
    if (transaction.chunked !== null) return this.#refuse('contentBegun');
    const { mail } = transaction;
    const rcpt = parseRcpt(line, this.#helo.extensions, mail.isUtf8);
    if (rcpt.refusal !== null) return this.#reply(soFar(rcpt.refusal, this.#helo.extensions));
    const { path } = rcpt.read;
    if (transaction.has(path)) return this.#line.write(replies.recipientOk);
    // RFC 5321 §4.5.3.1.10. Honest clients ask for more and send the rest later: not an error, and not recorded.
    if (!transaction.mayAsk(this.#options.maxRecipients)) return this.#line.write(replies.tooManyRecipients);
    const answer = await this.#recipientAnswer(path, mail.reversePath);
    if (answer.code === 421) return this.#hangUp(answer, { forwardPath: path });
    if (!isPositive(answer)) return this.#reply(answer, { forwardPath: path });
    transaction.add(rcpt.read);
    this.#line.write(replies.recipientOk);
  }

  /** The directory's answer, unless a limit was met; 421 only from a limit. */
  async #recipientAnswer(path: Path, reversePath: Path): Promise<Reply> {
    const { limits } = this.#context;
    const { clientAddress } = this.#line.client;
    const limited = limits.recipient(clientAddress);
    if (limited !== null) return limited;
    const answer = await this.#verify(path, reversePath);
    if (isPositive(answer)) return limits.knownRecipient(path) ?? answer;
    const refusal = asRefusal(answer);
    limits.refusedRecipient(clientAddress, refusal);
    return refusal;
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
    if (transaction.chunked !== null) return this.#refuse('contentBegun');
    const envelope = this.#envelope(transaction);
    if (envelope === null) return this.#refuse('recipientFirst');
    await this.#ports.faults('R1-envelope');
    const spool = new Spool(this.#options.spoolFolder, transaction.id);
    this.#line.write(replies.startContent);
    const content = await receiveContent(this.#source(), spool, this.#options, this.#ports.faults);
    await this.#end(envelope, content, spool);
  }

  async #bdat(line: string): Promise<void> {
    const chunk = parseBdat(line);
    // Where its octets end is not known: what follows must not be taken for commands.
    if (chunk === null) return this.#dismiss('badChunk');
    if (this.#helo === null) return await this.#refuseChunk(chunk, 'heloFirst');
    const transaction = this.#transaction;
    if (transaction === null) return await this.#refuseChunk(chunk, 'mailFirst');
    const envelope = this.#envelope(transaction);
    if (envelope === null) return await this.#refuseChunk(chunk, 'recipientFirst');
    await this.#takeChunk(transaction, envelope, chunk);
  }

  /**
   * RFC 3030 §2: the octets of a chunk that is refused are read all the same. Of a transaction that failed the client
   * may have sent further chunks already: there is none any more, so that they are refused likewise.
   */
  async #refuseChunk(chunk: Chunk, name: ReplyName): Promise<void> {
    if (this.#transaction === null) this.#duration.set(this.#options.transactionDeadlineMs);
    const isHeard = await dropChunk(this.#source(), chunk);
    if (this.#transaction === null) this.#duration.clear();
    if (isHeard) this.#refuse(name);
  }

  async #takeChunk(transaction: Transaction, envelope: Envelope, chunk: Chunk): Promise<void> {
    transaction.chunked ??= await this.#firstChunk(transaction);
    const content = await transaction.chunked.take(this.#source(), chunk);
    if (content === null) return chunk.sizeBytes === 0 ? this.#idle(() => replies.ok) : this.#line.write(replies.ok);
    const { spool } = transaction.chunked;
    transaction.chunked = null;
    await this.#end(envelope, content, spool);
  }

  async #firstChunk({ id }: Transaction): Promise<ChunkedContent> {
    await this.#ports.faults('R1-envelope');
    return new ChunkedContent(new Spool(this.#options.spoolFolder, id), this.#options, this.#ports.faults);
  }

  #envelope(transaction: Transaction): Envelope | null {
    const [first, ...others] = transaction.recipients;
    if (first === undefined) return null;
    const recipients: readonly [Recipient, ...Recipient[]] = [first, ...others];
    const { reversePath, is8bit, isUtf8, parameters } = transaction.mail;
    return {
      id: transaction.id,
      connection: this.#line.client,
      // What the proxy calls itself is not the client's name.
      helo: this.#forwarded === null ? (this.#helo?.name ?? '') : (this.#forwarded.helo ?? ''),
      protocol: this.#protocol(isUtf8),
      tls: this.#line.tls,
      reversePath,
      is8bit,
      isUtf8,
      parameters,
      recipients,
      startedAt: transaction.startedAt,
    };
  }

  #protocol(isUtf8: boolean): Protocol {
    if (!(this.#forwarded?.isExtended ?? this.#helo?.isExtended)) return 'SMTP';
    const name = isUtf8 ? 'UTF8SMTP' : 'ESMTP';
    return this.#line.tls === null ? name : `${name}S`;
  }

  #source(): ContentSource {
    const wire = this.#line.wire;
    return {
      read: this.#patience.forContent(() => wire.readBytes()),
      unread: rest => wire.unread(rest),
    };
  }

  /** The content is over: answers it, and the transaction with it. */
  async #end(envelope: Envelope, content: Content, spool: Spool): Promise<void> {
    this.#duration.clear();
    await this.#answer(envelope, content, spool);
    this.#reset();
    this.#tolerance.mailCame();
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
    if (isPositive(reply)) this.#tolerance.forgiveErrors();
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
    const late = () => {
      this.#event('late_reply');
      return replies.localError;
    };
    return await inTime(() => safe, this.#options.replyDeadlineMs, late);
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
    if (!this.#line.mayIntroduce) return this.#refuse('xclientRefused');
    if (this.#transaction !== null) return this.#refuse('noTransactionAllowed');
    const said = parseXclient(line);
    if (said === null) return this.#refuse('badParameter');
    this.#reset();
    const refusal = this.#line.speakFor(said);
    if (refusal !== null) return this.#hangUp(refusal);
    this.#introduction = said;
    this.#helo = null;
    this.#line.write(greeting(this.#options.hostname));
  }

  async #xforward(line: string): Promise<void> {
    if (!this.#line.mayIntroduce) return this.#refuse('xforwardRefused');
    if (this.#transaction !== null) return this.#refuse('noTransactionAllowed');
    const said = parseXforward(line);
    if (said === null) return this.#refuse('badParameter');
    const refusal = this.#line.speakForNow(said);
    if (refusal !== null) return this.#hangUp(refusal);
    // What others were refused is not held against this client.
    if (said.address !== null) this.#tolerance.forgiveErrors();
    this.#forwarded = {
      helo: said.helo ?? this.#forwarded?.helo ?? null,
      isExtended: said.isExtended ?? this.#forwarded?.isExtended ?? null,
    };
    this.#line.write(replies.ok);
  }

  #rset(line: string): Reply {
    if (hasArguments(line)) return replies.noArguments;
    this.#reset();
    return replies.ok;
  }

  #reset(): void {
    const spool = this.#transaction?.chunked?.spool;
    if (spool !== undefined) this.#discard(spool);
    this.#transaction = null;
    this.#duration.clear();
    this.#forwarded = null;
    this.#line.speakForItself();
  }

  /** Nobody waits for it but who stops the server. */
  #discard(spool: Spool): void {
    const { receiving } = this.#context;
    const discarding = spool.discard().finally(() => receiving.delete(discarding));
    receiving.add(discarding);
  }

  /** The client left between two chunks. */
  async #abandonChunks(): Promise<void> {
    const transaction = this.#transaction;
    await transaction?.chunked?.spool.discard();
    if (transaction !== null && transaction.chunked !== null) {
      this.#event('content_aborted', { transaction: transaction.id });
    }
    this.#reset();
  }

  /** Obeys a command that brings no mail nearer, if there were not too many of them, nor for too long. */
  #idle(obey: () => Reply, asked: Asked = {}): void {
    if (this.#tolerance.allowsIdleCommand()) this.#reply(obey(), asked);
    else this.#dismiss('tooManyIdleCommands');
  }

  #reply(reply: Reply, asked: Asked = {}): void {
    this.#line.write(reply);
    if (reply.code >= 400) this.#count(reply, asked);
  }

  #refuse(name: ReplyName): void {
    this.#reply(replies[name]);
  }

  #count(refusal: Reply, asked: Asked): void {
    this.#record(refusal, asked);
    if (isPermanent(refusal)) this.#tolerance.countError();
    if (!this.#tolerance.hasTooManyErrors || !this.#line.isOpen) return;
    this.#event('too_many_errors');
    this.#dismiss('tooManyErrors');
  }

  #refuseContent(reply: Reply): void {
    this.#line.write(reply);
    this.#record(reply);
  }

  #dismiss(name: ReplyName): void {
    const limit = limitOf[name];
    if (limit !== undefined && this.#line.isOpen) this.#context.limits.count(limit);
    this.#hangUp(replies[name]);
  }

  #hangUp(reply: Reply, asked: Asked = {}): void {
    if (!this.#line.isOpen) return;
    this.#line.write(reply);
    this.#record(reply, asked);
    this.#line.close();
  }

  #timeOut(name: ReplyName): void {
    this.#event('timed_out', { reply: name, inTransaction: this.#transaction !== null });
    this.#dismiss(name);
  }

  #record(reply: Reply, asked: Asked = {}): void {
    const reversePath = asked.reversePath ?? this.#transaction?.mail.reversePath ?? null;
    const { clientAddress } = this.#line.client;
    this.#ports.refused(refusalRecord(this.#ports, clientAddress, reply, reversePath, asked.forwardPath ?? null));
  }

  #event(event: SmtpEvent['event'], fields: Readonly<Record<string, unknown>> = {}): void {
    const { id, clientAddress } = this.#line.client;
    this.#ports.event({ event, connection: id, clientAddress, fields });
  }
}
