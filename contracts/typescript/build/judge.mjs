// Checks payloads with the npm package, to compare it with another validator.
// Reads lines of {"direction", "event", "payload"} and writes one line for each: null, or {"path", "reason", "keyword"}.
// Without "payload" the event has none. Use: node build/judge.mjs < payloads.jsonl    (after npm run build)
import { createInterface } from 'node:readline';
import { ALL as REST } from '../dist/generated/rest-validators.js';
import { ALL as SOCKET } from '../dist/generated/validators.js';
import { validatorOf } from '../dist/check.js';

// In ASCII, because some readers take other characters for line ends.
const ascii = (text) => text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const table = { ...SOCKET, ...REST };
const verdicts = [];
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === '') continue;
  const { direction, event, payload } = JSON.parse(line);
  verdicts.push(ascii(JSON.stringify(validatorOf(table, direction, event)(payload))));
}
process.stdout.write(verdicts.map((verdict) => `${verdict}\n`).join(''));
