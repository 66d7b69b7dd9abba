// What the message carries: names, types as declared and as found, and what is inside archives by name.

import { type Attachment, extension } from '../content/attachments.ts';
import { clipped, fitting, withUnseenShown } from '../content/bounds.ts';
import { count, flag, records, text, texts } from '../model/shape.ts';
import { fileType, typedBytes } from '../scan/file-types.ts';
import { type Archive, listZip } from '../scan/zip.ts';
import { check } from './check.ts';

/** What an operating system runs, or a program opens and runs, by a double click. */
const executable = new Set(
  (
    'ade adp apk app appref-ms appx bas bat chm cmd com cpl desktop dll dmg exe hta img ins iso isp jar jnlp js jse lib lnk ' +
    'mde msc msi msix msp mst nsh one pif ps1 ps1xml ps2 psc1 reg scf scr sct search-ms settingcontent-ms shb sys url vb vbe ' +
    'vbp vbs vhd vhdx vxd wim wsc wsf wsh xll'
  ).split(' '),
);
const archive = new Set(
  '7z ace arj bz2 cab gz img iso lha lzh r00 rar tar tbz2 tgz txz xz z zip zipx zst vhd vhdx wim'.split(' '),
);
const macro = new Set('docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm'.split(' '));
/** What a name pretends to be when another extension follows. */
const harmlessLooking =
  /\.(?:pdf|docx?|xlsx?|pptx?|txt|rtf|jpe?g|png|gif|mp3|mp4|html?|csv|zip)[\s._-]*\.[a-z0-9]{2,12}$/i;
const turning = /[\u202a-\u202e\u2066-\u2069]/;
const runnable = new Set(['exe', 'elf', 'macho', 'lnk', 'script', 'class']);

/** Names inside all archives of the message (THREATS.md 35). */
const maxMembers = 10_000;

export const attachmentsCheck = check({
  name: 'attachments',
  after: [],
  timeoutMs: 10_000,
  about:
    'What the message carries beside its text: names, types as declared and as the content says, names inside ZIP archives.',
  evidence: {
    count: count('Attachments, pictures of the HTML included.'),
    names: texts('As a reader sees them, unseen characters written out as `U+202E`; at most 20 and 1,500 characters.'),
    extensions: texts('Distinct, lower case, in the order of the bytes; at most 50.'),
    unlisted_extensions: count('Distinct extensions beyond those: no rule or policy has seen them.'),
    types: texts('Distinct declared types; at most 20.'),
    detected: texts('Distinct types by content: exe, zip, ole, pdf, ...'),
    encrypted: count('ZIP archives with a member that is encrypted.'),
    executables: count('Attachments that a double click runs, by any of their names or by content.'),
    executables_inside: count('Names inside ZIP archives that a double click runs.'),
    archives: count('Archives and disk images, by name or content.'),
    macros: count('Office files of a kind that has macros, by name.'),
    double_extensions: count('Names such as `invoice.pdf.exe`.'),
    rtlo: count('Names with characters that turn the direction of text.'),
    type_conflicts: count('Attachments whose content is a program and whose name says otherwise.'),
    member_names: texts('Names inside ZIP archives; at most 20 and 1,000 characters.'),
    is_over_budget: flag('An archive has more in it than was looked at.'),
    list: records(
      {
        name: text('As a reader sees it, unseen characters written out; at most 100 characters.'),
        type: text('As declared.'),
        detected: text('By content.'),
        size_bytes: count('Decoded.'),
        extension: text('By which an operating system opens it.'),
      },
      'The first 15.',
    ),
  },
  async observe({ mail }) {
    const found = (await mail.attachments()).map(looked);
    const names = found.flatMap(a => a.names);
    const extensions = new Set(found.flatMap(a => a.extensions));
    const listed = fitting(extensions, { items: 50, chars: 1000, each: 20 });
    const inside = insideAll(found);
    const number = (holds: (a: Looked) => boolean) => found.filter(holds).length;
    return {
      count: found.length,
      names: fitting(names.map(withUnseenShown), { items: 20, chars: 1500, each: 255 }),
      extensions: listed,
      unlisted_extensions: extensions.size - listed.length,
      types: fitting(new Set(found.map(a => a.type)), { items: 20, chars: 1000, each: 100 }),
      detected: [...new Set(found.map(a => a.detected))],
      encrypted: inside.archives.filter(({ members }) => members.some(m => m.isEncrypted)).length,
      executables: number(isExecutable),
      executables_inside: inside.names.filter(name => executable.has(extension(name))).length,
      archives: number(a => isArchive(a)),
      macros: number(a => a.extensions.some(e => macro.has(e))),
      double_extensions: number(a => a.names.some(isDoublyNamed)),
      rtlo: number(a => a.names.some(name => turning.test(name))),
      type_conflicts: number(a => runnable.has(a.detected) && !a.extensions.some(e => executable.has(e))),
      member_names: fitting(inside.names.map(withUnseenShown), { items: 20, chars: 1000, each: 255 }),
      is_over_budget: inside.archives.some(a => a.isOverBudget),
      list: found.slice(0, 15).map(record),
    };
  },
});

interface Looked extends Attachment {
  readonly detected: string;
  readonly extensions: readonly string[];
}

function looked(attachment: Attachment): Looked {
  const extensions = [...new Set(attachment.names.map(extension))].filter(e => e !== '');
  return { ...attachment, detected: fileType(attachment.content.subarray(0, typedBytes)), extensions };
}

function record(a: Looked) {
  return {
    name: clipped(withUnseenShown(a.name), 100),
    type: clipped(a.type, 80),
    detected: a.detected,
    size_bytes: a.content.length,
    extension: a.extensions[0] ?? '',
  };
}

const isExecutable = (a: Looked): boolean => runnable.has(a.detected) || a.extensions.some(e => executable.has(e));

/** Office's own files are ZIP archives too, and not what is meant. */
const isArchive = (a: Looked): boolean =>
  ['zip', 'rar', '7z', 'gzip', 'bzip2', 'xz', 'zstd', 'cab', 'ace', 'arj', 'tar', 'iso'].includes(a.detected) ||
  a.extensions.some(e => archive.has(e));

const isDoublyNamed = (name: string): boolean =>
  harmlessLooking.test(name.slice(-300)) && executable.has(extension(name));

/** Programs that unpack look for an archive behind other bytes as well, so its name is enough. */
const isZip = (a: Looked): boolean => ['zip', 'ooxml'].includes(a.detected) || a.extensions.includes('zip');

/** Archives of the message share one budget. */
function insideAll(found: readonly Looked[]): {
  readonly archives: readonly Archive[];
  readonly names: readonly string[];
} {
  const shared = { members: maxMembers };
  const archives = found.filter(isZip).map(a => listZip(a.content, shared));
  return { archives, names: archives.flatMap(a => a.members.map(m => m.name)) };
}
