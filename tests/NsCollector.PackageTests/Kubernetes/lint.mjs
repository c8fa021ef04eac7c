// Checks Kubernetes manifests without a server. Every field must exist in its type (the TypeScript compiler rejects others, as
// the API server does), and every value must be valid in the type's schema (quantities, required fields).
//
//   node lint.mjs FILE...
//
// Prints the errors and exits with status 1, or prints the number of objects.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parseAllDocuments } from "yaml";

const here = fileURLToPath(new URL(".", import.meta.url));
const problems = [];
const sources = new Map();
let objects = 0;

for (const file of process.argv.slice(2)) {
    for (const document of parseAllDocuments(readFileSync(file, "utf8"), { version: "1.1" })) {
        if (document.errors.length > 0) {
            problems.push(...document.errors.map(error => `${file}: ${error.message}`));
            continue;
        }

        const object = document.toJS();
        if (object === null) continue;
        objects++;
        const name = `${file}: ${object.kind} ${object.metadata?.name}`;
        const models = object.apiVersion?.startsWith("monitoring.coreos.com/") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
        const module = `${models}/${object.apiVersion}`;
        let model;
        try {
            model = (await import(module))[object.kind];
        } catch {
            // An unknown apiVersion.
        }

        if (model === undefined) {
            problems.push(`${name}: ${object.apiVersion} has no such kind`);
            continue;
        }

        try {
            new model(object).validate();
        } catch (error) {
            problems.push(`${name}: ${error.message}`);
        }

        // As a literal, because only for literals does the compiler reject unknown fields.
        sources.set(
            `${here}manifest-${objects}.ts`,
            { name, text: `import type { I${object.kind} } from "${module}";\nexport const object: I${object.kind} = ${JSON.stringify(object, null, 2)};\n` });
    }
}

const options = { noEmit: true, strict: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: [] };
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
host.fileExists = path => sources.has(path) || fileExists(path);
host.readFile = path => sources.get(path)?.text ?? readFile(path);
host.getSourceFile = (path, version) =>
    sources.has(path) ? ts.createSourceFile(path, sources.get(path).text, version) : getSourceFile(path, version);
for (const diagnostic of ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], options, host))) {
    const source = diagnostic.file && sources.get(diagnostic.file.fileName);
    const line = source ? source.text.split("\n")[diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line].trim() : "";
    problems.push(`${source?.name ?? "?"}: ${line} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`);
}

if (objects === 0) problems.push("the files contain no object");
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${objects} objects`);
