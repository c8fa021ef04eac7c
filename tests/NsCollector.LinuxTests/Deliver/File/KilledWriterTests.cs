using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.LinuxTests.Deliver.File;

/// <summary>A process of its own writes as fast as it can and is killed with SIGKILL at random moments.</summary>
public sealed class KilledWriterTests(ITestOutputHelper output)
{
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("NsCollector.LinuxTests", "NsCollector.DeliverProcess", StringComparison.Ordinal),
        "NsCollector.DeliverProcess.dll");

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_000)]
    public void Kill_during_writes_leaves_whole_lines_and_every_sent_one(long rotateBytes)
    {
        using TemporaryDirectory directory = new();
        string path = directory["metrics.lp"];
        Random random = new(9);
        List<long> sent = [];
        using Tailer tailer = new(path);
        // On a busy machine few kills fall within a write, and without one this test would show nothing.
        while (sent.Count < 30 || (rotateBytes == 0 && sent.Count < 300 && Directory.GetFiles(directory.Path).Length < 2))
        {
            sent.Add(WriteUntilKilled(path, sent.Count, rotateBytes, random.Next(5, 60)));
            // So that it has read the half line, and would put it together with what the next writer appends.
            if (rotateBytes == 0) tailer.CatchUp();
        }
        // One more start repairs what the last kill left.
        WriteUntilKilled(path, sent.Count, rotateBytes, 0, finish: true);
        tailer.Finish();

        string[] rotated = [.. Directory.GetFiles(directory.Path).Where(name => name != path).Order(StringComparer.Ordinal)];
        List<(int Writer, long Number)> lines = [];
        int files = rotated.Length;
        foreach (string file in rotated) Read(file, whole: true, lines);
        Read(path, whole: false, lines);

        for (int writer = 0; writer < sent.Count; writer++)
        {
            List<long> numbers = [.. lines.Where(line => line.Writer == writer).Select(line => line.Number)];
            Assert.True(numbers.Count >= sent[writer], $"writer {writer} had counted {sent[writer]} as sent, {numbers.Count} are there");
            for (int i = 0; i < numbers.Count; i++) Assert.Equal(i + 1, numbers[i]);
            Assert.True(sent[writer] > 0, "killed before it wrote");
        }
        Assert.Equal(lines.Select(line => line.Writer).Order(), lines.Select(line => line.Writer));

        Assert.Empty(tailer.Torn);
        if (rotateBytes == 0)
        {
            // Every rotated file is one that had ended in half a line: if none did, this test showed nothing.
            Assert.True(files > 0, "no kill fell into a write");
            Assert.Equal(lines, tailer.Lines);
        }
        output.WriteLine($"{lines.Count} lines, {files} rotated files, {tailer.LineCount} lines tailed");
    }

    private static void Read(string file, bool whole, List<(int Writer, long Number)> lines)
    {
        string text = System.IO.File.ReadAllText(file);
        // The live one was just killed as well.
        if (whole) Assert.EndsWith("\n", text);
        foreach (string line in text.Split('\n')[..^1])
        {
            Assert.Null(NumberedLine.Check(line, out int writer, out long number));
            lines.Add((writer, number));
        }
    }

    /// <returns>How many points the writer had counted as sent at last.</returns>
    private static long WriteUntilKilled(string path, int writer, long rotateBytes, int milliseconds, bool finish = false)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet",
            [Program, path, writer.ToString(CultureInfo.InvariantCulture), rotateBytes.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
        using Stream said = process.StandardOutput.BaseStream;
        byte[] number = new byte[8];
        long sent = 0;
        Stopwatch since = new();
        Thread killer = new(() =>
        {
            Thread.Sleep(milliseconds);
            process.Kill();
        });
        while (true)
        {
            int n = said.ReadAtLeast(number, 8, throwOnEndOfStream: false);
            if (n < 8) break;
            sent = BitConverter.ToInt64(number);
            if (since.IsRunning) continue;
            since.Start();
            killer.Start();
        }
        process.WaitForExit();
        Assert.True(since.IsRunning, "the writer did not start: " + Program);
        killer.Join();
        return sent;
    }
}
