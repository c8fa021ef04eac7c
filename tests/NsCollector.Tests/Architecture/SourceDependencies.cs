using System.Text.RegularExpressions;

namespace NsCollector.Tests.Architecture;

/// <summary>
/// Which namespaces the sources name, by <c>using</c> (unneeded ones are compiler errors) or in a qualified name. This finds uses
/// that leave no trace in the assembly, such as constants. Comments and strings are ignored.
/// </summary>
internal static partial class SourceDependencies
{
    private const string Root = "NsCollector";

    internal static IReadOnlySet<Dependency> Read(string directory)
    {
        (string Path, string Code)[] files =
        [
            .. Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(directory, path))
                .Where(path => path.Contains('/') && path.Split('/')[0] is not ("bin" or "obj"))
                .Select(path => (path, WithoutCommentsAndStrings(File.ReadAllText(Path.Combine(directory, path))))),
        ];
        string[] namespaces = [.. files.Select(file => NamespaceOf(file.Path)).Distinct()];
        HashSet<Dependency> found = [];
        foreach ((string path, string code) in files)
        {
            string from = NamespaceOf(path);
            foreach (string to in Uses(code, from, namespaces))
                if (to != from) found.Add(new(from, to, path, to));
        }

        return found;
    }

    /// <summary>The namespace of a source file, by its folder.</summary>
    internal static string NamespaceOf(string path) => string.Join('.', [Root, .. path.Split('/')[..^1]]);

    /// <summary>Every namespace of the project that code in a namespace names.</summary>
    internal static IEnumerable<string> Uses(string code, string from, IReadOnlyCollection<string> namespaces)
    {
        foreach (Match match in QualifiedName().Matches(NamespaceDeclaration().Replace(code, "")))
        {
            string name = Spaces().Replace(match.Value, "");
            // Looks up from the inner namespace outwards, like the compiler.
            string? used = Parents(from).Append("").Select(parent => Longest(parent, name, namespaces)).FirstOrDefault(one => one is not null);
            if (used is not null) yield return used;
        }
    }

    // The longest namespace with which the name begins, looked up in the parent; the rest is a type and its members.
    private static string? Longest(string parent, string name, IReadOnlyCollection<string> namespaces)
    {
        string whole = parent.Length == 0 ? name : parent + "." + name;
        return namespaces.Where(one => one.Length > parent.Length && (whole + ".").StartsWith(one + ".", StringComparison.Ordinal)).MaxBy(one => one.Length);
    }

    internal static string WithoutCommentsAndStrings(string code) => CommentOrString().Replace(code, " ");

    private static IEnumerable<string> Parents(string name)
    {
        for (string here = name; ; here = here[..here.LastIndexOf('.')])
        {
            yield return here;
            if (!here.Contains('.')) yield break;
        }
    }

    [GeneratedRegex("""(?<![\w.])[A-Za-z_]\w*(\s*\.\s*[A-Za-z_]\w*)+""")]
    private static partial Regex QualifiedName();

    [GeneratedRegex(@"\s")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^\s*namespace\s+[\w.]+\s*;", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"|//.*|/\\*[\\s\\S]*?\\*/|@\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\])+'")]
    private static partial Regex CommentOrString();
}
