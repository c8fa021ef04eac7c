using System.Globalization;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>A running container of <see cref="DockerEngine"/>. Disposing removes it.</summary>
internal sealed class DockerContainer(DockerEngine engine, string id) : IDisposable
{
    /// <summary>Its full id.</summary>
    public string Id => id;

    /// <summary>The current output of <c>docker inspect</c>.</summary>
    public JsonElement Inspect() => engine.Inspect(id);

    /// <summary>The current pid of its init process.</summary>
    public int Pid => Inspect().GetProperty("State").GetProperty("Pid").GetInt32();

    /// <summary>The kernel's values of its cgroup.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <summary>Its address on the bridge.</summary>
    public string Address => Inspect().GetProperty("NetworkSettings").GetProperty("IPAddress").GetString()!;

    /// <summary>Runs a script with <c>docker exec</c>.</summary>
    public string Execute(string script) => engine.Docker("exec", id, "sh", "-c", script);

    /// <summary>Waits until its script has written a line.</summary>
    public void AwaitLine(string line) =>
        Eventually.True(() => Output.Contains(line), $"{id} writes '{line}'", () => engine.Docker("logs", id));

    /// <summary>The lines that it has written so far.</summary>
    public string[] Output => engine.Docker("logs", id).Split('\n');

    /// <summary>Waits until it has exited.</summary>
    /// <returns>Docker's exit status: 128 plus the number of the signal if a signal ended it.</returns>
    public int AwaitExit() => int.Parse(engine.Docker("wait", id), CultureInfo.InvariantCulture);

    /// <summary>The points with this container name in a sample.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">There are none.</exception>
    public static List<Point> Of(List<Point> points, string name)
    {
        List<Point> own = [.. points.Where(point => point.Container == name)];
        Assert.True(own.Count > 0, $"no point of '{name}', only of: {string.Join(", ", points.Select(point => point.Container).Distinct())}");
        return own;
    }

    /// <summary>
    /// One line of <c>docker stats</c>: memory and block writes in bytes, received and sent network bytes, and processes. Docker
    /// rounds to about three digits.
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
