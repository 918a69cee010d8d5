// Reads Cucumber Messages from standard input, writes the official page to a file, and prints what the official reader
// makes of them: how many test cases have each status, and of each test case its scenario, status and step results.
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { CucumberHtmlStream } from "@cucumber/html-formatter";
import { Query } from "@cucumber/query";

const query = new Query();

async function* envelopes() {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const envelope = JSON.parse(line);
    query.update(envelope);
    yield envelope;
  }
}

const page = process.argv[2];
await pipeline(envelopes, new CucumberHtmlStream(), createWriteStream(page));
const cases = query.findAllTestCaseStarted().map((started) => ({
  name: query.findPickleBy(started)?.name,
  status: query.findMostSevereTestStepResultBy(started)?.status,
  steps: query.findTestStepsFinishedBy(started).length,
  planned: query.findTestCaseBy(started)?.testSteps.length,
  finished: query.findTestCaseFinishedBy(started) !== undefined,
}));
const counts = query.countMostSevereTestStepResultStatus();
const success = query.findTestRunFinished()?.success;
process.stdout.write(JSON.stringify({ counts, cases, success }));
