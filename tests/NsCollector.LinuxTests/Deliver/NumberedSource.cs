using NsCollector.Deliver;
using NsCollector.Encode.Batches;

namespace NsCollector.LinuxTests.Deliver;

/// <summary>Makes batches of numbered lines, from 1 on.</summary>
internal sealed class NumberedSource(int batchBytes = 64 * 1024, int writer = 1)
{
    private readonly BatchPool _pool = new(batchBytes, maxIdle: 256);

    public long Last { get; private set; }

    /// <summary>Gives the sink a batch.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="lines">The number of lines; as many as fit if there is room for fewer.</param>
    /// <param name="endsCycle">Whether it is the last batch of a cycle.</param>
    public void Send(ISink sink, int lines = int.MaxValue, bool endsCycle = true)
    {
        Batch batch = _pool.Rent();
        for (int i = 0; i < lines && batch.Length + 1024 < batch.Buffer.Length; i++)
        {
            batch.Length += NumberedLine.Write(batch.Buffer.AsSpan(batch.Length), writer, ++Last);
            batch.Points++;
        }
        batch.EndsCycle = endsCycle;
        sink.Enqueue(batch);
        batch.Release();
    }

    /// <summary>All numbers given out so far.</summary>
    public IEnumerable<long> Numbers
    {
        get
        {
            for (long number = 1; number <= Last; number++) yield return number;
        }
    }

    /// <summary>The numbers in some lines, all of which have to be whole.</summary>
    public static List<long> Read(string lines)
    {
        List<long> numbers = [];
        Assert.True(lines.Length == 0 || lines[^1] == '\n', "does not end in LF");
        foreach (string line in lines.Split('\n')[..^1])
        {
            Assert.Null(NumberedLine.Check(line, out _, out long number));
            numbers.Add(number);
        }
        return numbers;
    }

    public static List<long> ReadFile(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file);
        return Read(reader.ReadToEnd());
    }
}
