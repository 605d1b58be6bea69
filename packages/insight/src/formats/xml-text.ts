/** A text as it stands in XML, also in an attribute. Characters that XML 1.0 does not have become U+FFFD. */
export function xmlText(text: string): string {
  return text.toWellFormed().replace(special, (character) => entities[character] ?? '\ufffd')
}

/** The name of an element without the prefix of its namespace. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

// Line ends and tabs within a value would be read as spaces. The rest are the characters that XML 1.0 does not have.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const special = /[&<>"\t\n\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
