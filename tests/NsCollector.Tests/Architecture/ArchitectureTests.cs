using System.Text.RegularExpressions;

namespace NsCollector.Tests.Architecture;

/// <summary>Compares the arrows between rooms in docs/architecture.md with the code.</summary>
public partial class ArchitectureTests
{
    private static readonly string Sources = Repository.PathOf("src/NsCollector");

    private static readonly Lazy<HashSet<Dependency>> All = new(() =>
        [.. AssemblyDependencies.Read(typeof(global::NsCollector.Catalogue.Measurement).Assembly.Location), .. SourceDependencies.Read(Sources)]);

    private static readonly Lazy<IReadOnlyDictionary<string, string[]>> Arrows = new(() =>
        AllowedArrows.Read(File.ReadAllText(Repository.PathOf("docs/architecture.md"))));

    /// <summary>Tolerated arrows that docs/architecture.md does not allow: user, used room and reason. An unneeded entry fails the test.</summary>
    private static readonly (string User, string Room, string Reason)[] KnownArrows =
    [
    ];

    /// <summary>Tolerated arrows that close a cycle between folders of one room: from, to and reason. An unneeded entry fails the test.</summary>
    private static readonly (string From, string To, string Reason)[] KnownCycles =
    [
    ];

    [Fact]
    public void Namespace_of_each_source_file_is_its_folder()
    {
        foreach (string path in Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Sources, path)))
        {
            if (!path.Contains('/') || path.Split('/')[0] is "bin" or "obj") continue;
            Match match = NamespaceDeclaration().Match(File.ReadAllText(Path.Combine(Sources, path)));
            Assert.True(match.Groups[1].Value == SourceDependencies.NamespaceOf(path), $"{path} is in the namespace {match.Groups[1].Value}.");
        }
    }

    /// <summary>Types that are public because a public test method takes them as a parameter.</summary>
    private static readonly string[] PublicTypes =
    [
        nameof(global::NsCollector.Deliver.Influx.InfluxVersion), nameof(global::NsCollector.Deliver.Spool.SpoolSync),
        nameof(global::NsCollector.Discover.ContainerRuntime), nameof(global::NsCollector.Sample.NetworkMode), nameof(global::NsCollector.Telemetry.AgentCounter),
    ];

    [Fact]
    public void Types_of_the_executable_are_internal() =>
        Assert.Equal(PublicTypes.Order(StringComparer.Ordinal), typeof(global::NsCollector.Catalogue.Measurement).Assembly.GetExportedTypes()
            .Where(type => type.Namespace?.StartsWith("NsCollector", StringComparison.Ordinal) == true).Select(type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Rooms_of_the_document_are_the_folders()
    {
        string[] folders = [.. Directory.EnumerateDirectories(Sources).Where(path => Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories).Any()).Select(path => Path.GetFileName(path)!).Except(["bin", "obj"]).Order(StringComparer.Ordinal)];
        Assert.Equal(folders, Arrows.Value.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(Arrows.Value.Values.SelectMany(rooms => rooms).Except(folders));
    }

    [Fact]
    public void Rooms_use_only_rooms_that_the_document_allows()
    {
        Dependency[] broken = [.. All.Value.Where(one => Room(one.From) != Room(one.To) && !Arrows.Value[Room(one.From)].Contains(Room(one.To)))];
        string[] unknown = [.. broken.Where(one => !KnownArrows.Any(known => Covers(known, one))).Select(Describe).Order(StringComparer.Ordinal)];
        Assert.True(unknown.Length == 0, "Against the arrows of docs/architecture.md:\n" + string.Join('\n', unknown));
        string[] gone = [.. KnownArrows.Where(known => !broken.Any(one => Covers(known, one))).Select(known => $"{known.User} -> {known.Room}")];
        Assert.True(gone.Length == 0, "Listed as known, but no longer in the code; remove them from the list:\n" + string.Join('\n', gone));
    }

    [Fact]
    public void Arrows_between_rooms_have_no_cycle() =>
        Assert.Empty(CyclicArrows(Arrows.Value.SelectMany(room => room.Value.Select(used => (room.Key, used)))));

    [Fact]
    public void Folders_of_one_room_have_no_cycle()
    {
        List<string> problems = [];
        HashSet<(string, string)> needed = [];
        // The folders of a room, and the folders in such a folder. Deeper folders count as their parent.
        foreach (string parent in All.Value.SelectMany(one => Parents(one.From)).Distinct().Where(parent => parent.Contains('.')))
        {
            ILookup<(string From, string To), Dependency> between = All.Value
                .Where(one => IsBelow(one.From, parent) && IsBelow(one.To, parent) && Child(one.From, parent) != Child(one.To, parent))
                .ToLookup(one => (Child(one.From, parent), Child(one.To, parent)));
            (string From, string To)[] cyclic = CyclicArrows(between.Select(arrow => arrow.Key));
            (string From, string To)[] known = [.. KnownCycles.Select(one => (one.From, one.To)).Where(cyclic.Contains)];
            needed.UnionWith(known);
            foreach ((string From, string To) arrow in CyclicArrows(between.Select(arrow => arrow.Key).Except(known)))
                problems.Add($"{arrow.From} -> {arrow.To}\n{string.Join('\n', between[arrow].Select(Describe).Order(StringComparer.Ordinal).Take(8))}");
        }

        Assert.True(problems.Count == 0, "Cycles between folders of one room:\n" + string.Join('\n', problems));
        Assert.Empty(KnownCycles.Select(one => (one.From, one.To)).Except(needed));
    }

    [Theory]
    [InlineData("using NsCollector.Deliver;", "NsCollector.Deliver")]
    [InlineData("global using NsCollector.Deliver.File;", "NsCollector.Deliver.File")]
    [InlineData("using static NsCollector.Deliver.Outage;", "NsCollector.Deliver")]
    [InlineData("using Queue = NsCollector.Deliver.File.RotatedFiles;", "NsCollector.Deliver.File")]
    [InlineData("const int Most = NsCollector.Deliver.File.RotatedFiles.Most;", "NsCollector.Deliver.File")]
    [InlineData("const int Most = global::NsCollector.Deliver.File.RotatedFiles.Most;", "NsCollector.Deliver.File")]
    [InlineData("const int Most = Deliver.File.RotatedFiles.Most;", "NsCollector.Deliver.File")]
    [InlineData("const int Most = LineProtocol.NumberText.MaxBytes;", "NsCollector.Encode.LineProtocol")]
    public void Source_reader_finds_every_way_to_name_a_namespace(string code, string used)
    {
        string[] namespaces = ["NsCollector.Deliver", "NsCollector.Deliver.File", "NsCollector.Encode", "NsCollector.Encode.LineProtocol", "NsCollector.Encode.Table"];
        Assert.Equal([used], SourceDependencies.Uses(SourceDependencies.WithoutCommentsAndStrings(code), "NsCollector.Encode.Table", namespaces));
    }

    [Theory]
    [InlineData("// NsCollector.Deliver.Outage")]
    [InlineData("/* Deliver.Outage */")]
    [InlineData("string text = \"Deliver.Outage\";")]
    [InlineData("var x = encoder.Deliver.Outage;")]
    [InlineData("var x = Encoder.Table();")]
    public void Source_reader_ignores_comments_strings_and_members(string code) =>
        Assert.Empty(SourceDependencies.Uses(SourceDependencies.WithoutCommentsAndStrings(code), "NsCollector.Encode.Table", ["NsCollector.Deliver", "NsCollector.Encode.Table"]));

    [Fact]
    public void Assembly_reader_finds_what_only_a_method_body_uses()
    {
        IReadOnlySet<Dependency> found = AssemblyDependencies.Read(typeof(ArchitectureTests).Assembly.Location);
        // The use is in a lambda, whose method and class the compiler generates.
        Assert.Contains(found, one => one.User == nameof(ArchitectureTests) && one.To == "NsCollector.Tests.Architecture" && one.Used == nameof(AllowedArrows));
        Assert.Contains(found, one => one.User == nameof(ArchitectureTests) && one.To == "NsCollector.Tests.Architecture" && one.Used == nameof(AssemblyDependencies));
    }

    private static bool Covers((string User, string Room, string Reason) known, Dependency one) =>
        Room(one.To) == known.Room && (one.User == known.User || Path.GetFileNameWithoutExtension(one.User) == known.User);

    private static string Room(string space) => space.Split('.')[1];

    private static bool IsBelow(string space, string parent) => space.StartsWith(parent + ".", StringComparison.Ordinal);

    private static string Child(string space, string parent) => parent + "." + space[(parent.Length + 1)..].Split('.')[0];

    private static IEnumerable<string> Parents(string space)
    {
        for (int end = space.LastIndexOf('.'); end > 0; end = space.LastIndexOf('.', end - 1)) yield return space[..end];
    }

    private static string Describe(Dependency one)
    {
        string file = one.User.EndsWith(".cs", StringComparison.Ordinal) ? one.User : FileOf(one);
        return $"  {file}: {one.From}.{Path.GetFileNameWithoutExtension(one.User)} uses {(one.Used == one.To ? one.To : one.To + "." + one.Used)}";
    }

    private static string FileOf(Dependency one) => string.Join('/', one.From.Split('.').Skip(1)) + "/" + one.User + ".cs";

    /// <summary>The arrows on a cycle: their target leads back to their start.</summary>
    private static (string From, string To)[] CyclicArrows(IEnumerable<(string From, string To)> arrows)
    {
        (string From, string To)[] all = [.. arrows.Distinct()];
        return [.. all.Where(arrow => Reaches(arrow.To, arrow.From, all, []))];
    }

    private static bool Reaches(string from, string to, (string From, string To)[] arrows, HashSet<string> seen) =>
        from == to || (seen.Add(from) && arrows.Where(arrow => arrow.From == from).Any(arrow => Reaches(arrow.To, to, arrows, seen)));

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
