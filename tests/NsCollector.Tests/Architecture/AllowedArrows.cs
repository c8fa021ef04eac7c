namespace NsCollector.Tests.Architecture;

/// <summary>The allowed arrows in docs/architecture.md: the code block that begins with <c>room</c> and <c>may use</c>, one room per line.</summary>
internal static class AllowedArrows
{
    private const string Head = "room        may use";

    internal static IReadOnlyDictionary<string, string[]> Read(string document)
    {
        string[] lines = document.Split('\n');
        int head = Array.FindIndex(lines, line => line.Trim() == Head);
        Assert.True(head >= 0, $"docs/architecture.md has no block that begins with \"{Head}\".");
        Dictionary<string, string[]> arrows = [];
        foreach (string line in lines.Skip(head + 1).TakeWhile(line => line.Trim().Length > 0 && !line.StartsWith("```", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            arrows.Add(words[0], [.. words.Skip(1).Where(word => word != "-")]);
        }

        return arrows;
    }
}
