using NsCollector.DocGen;

// Argument: the root of the repository. Writes every generated file there; unchanged files keep their time.
if (args is not [string root] || !File.Exists(Path.Combine(root, "NsCollector.sln")))
{
    Console.Error.WriteLine("usage: NsCollector.DocGen ROOT, the directory of NsCollector.sln");
    return 2;
}

foreach (GeneratedFile file in GeneratedFile.All)
{
    string path = Path.Combine(root, file.Path), text = file.Generate(root);
    if (File.Exists(path) && File.ReadAllText(path) == text) continue;
    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    File.WriteAllText(path, text);
    Console.WriteLine(file.Path);
}

return 0;
