using System.Globalization;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>A running container of <see cref="DockerEngine"/>; disposing of it removes it.</summary>
internal sealed class DockerContainer(DockerEngine engine, string id) : IDisposable
{
    /// <summary>The whole id, as <c>docker run</c> printed it.</summary>
    public string Id => id;

    /// <summary>What <c>docker inspect</c> says now.</summary>
    public JsonElement Inspect() => engine.Inspect(id);

    /// <summary>Its init process now.</summary>
    public int Pid => Inspect().GetProperty("State").GetProperty("Pid").GetInt32();

    /// <summary>The kernel's own word on it.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <summary>Its address on the bridge.</summary>
    public string Address => Inspect().GetProperty("NetworkSettings").GetProperty("IPAddress").GetString()!;

    /// <summary><c>docker exec</c>.</summary>
    public string Execute(string script) => engine.Docker("exec", id, "sh", "-c", script);

    /// <summary>Waits until its script has printed a line.</summary>
    public void AwaitLine(string line) =>
        Eventually.True(() => Output.Contains(line), $"{id} prints '{line}'", () => engine.Docker("logs", id));

    /// <summary>What it has printed so far, line by line.</summary>
    public string[] Output => engine.Docker("logs", id).Split('\n');

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit status as Docker tells it: 128 more than the number of the signal that ended it.</returns>
    public int AwaitExit() => int.Parse(engine.Docker("wait", id), CultureInfo.InvariantCulture);

    /// <summary>The points of the agent's sample that carry this name.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">There are none.</exception>
    public static List<Point> Of(List<Point> points, string name)
    {
        List<Point> own = [.. points.Where(point => point.Container == name)];
        Assert.True(own.Count > 0, $"no point of '{name}', only of: {string.Join(", ", points.Select(point => point.Container).Distinct())}");
        return own;
    }

    /// <summary>
    /// One line of <c>docker stats</c>: memory and block writes as bytes, network received and sent as bytes, processes.
    /// It rounds to about three digits.
    /// </summary>
    public (double MemoryBytes, double RxBytes, double TxBytes, double WrittenBytes, long Pids) Stats()
    {
        string[] columns = engine.Docker("stats", "--no-stream", "--format", "{{.MemUsage}}|{{.NetIO}}|{{.BlockIO}}|{{.PIDs}}", id).Split('|');
        double Half(int column, int half) => Bytes(columns[column].Split(" / ")[half]);
        return (Half(0, 0), Half(1, 0), Half(1, 1), Half(2, 1), long.Parse(columns[3], CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public void Dispose() => engine.Docker("rm", "--force", "--volumes", id);

    private static double Bytes(string text)
    {
        int unit = text.IndexOfAny([.. "BkKMGT"]);
        double factor = text[unit..] switch
        {
            "B" => 1,
            "kB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            string other => throw new FormatException($"docker stats: unit '{other}' of '{text}'"),
        };
        return double.Parse(text[..unit], CultureInfo.InvariantCulture) * factor;
    }
}
