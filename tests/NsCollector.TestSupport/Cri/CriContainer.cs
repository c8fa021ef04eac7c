using System.Text.Json;

namespace NsCollector.TestSupport.Cri;

/// <summary>A container of a <see cref="CriPod"/>, which removes it in the end.</summary>
public sealed class CriContainer(ContainerdEngine engine, string name, string id, string logPath)
{
    // ContainerState of the CRI: CREATED = 0, RUNNING = 1, EXITED = 2.
    private const int StateExited = 2;

    /// <summary>Its name in the pod.</summary>
    public string Name => name;

    /// <summary>Its whole id.</summary>
    public string Id => id;

    /// <summary>Its init process now.</summary>
    public int Pid
    {
        get
        {
            using JsonDocument information = JsonDocument.Parse(Status.Map(2)["info"]);
            return information.RootElement.GetProperty("pid").GetInt32();
        }
    }

    /// <summary>The kernel's own word on it.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <summary>What it has printed so far, line by line.</summary>
    /// <remarks>Each line of the file has a time, a stream and a mark (F: whole) before it.</remarks>
    public string[] Output => File.Exists(logPath) ? [.. File.ReadLines(logPath).Select(line => line.Split(' ', 4)[^1])] : [];

    /// <summary>What it has printed so far to its standard output alone, line by line.</summary>
    public string[] StandardOutput => File.Exists(logPath) ? [.. File.ReadLines(logPath).Select(line => line.Split(' ', 4)).Where(parts => parts is [_, "stdout", _, _]).Select(parts => parts[3])] : [];

    private ProtobufMessage Status => engine.Call("ContainerStatus", new ProtobufMessage().With(1, id).With(2, 1));

    /// <summary>Runs a program in it, which must succeed.</summary>
    /// <returns>Its standard output without the last newline.</returns>
    public string Execute(params string[] command)
    {
        ProtobufMessage answer = engine.Call("ExecSync", new ProtobufMessage().With(1, id).With(2, command).With(3, 60));
        Assert.True(answer.Number(3) == 0, $"{string.Join(' ', command)} in {name} ended with status {answer.Number(3)}: {answer.Text(2)}");
        return answer.Text(1).TrimEnd('\n');
    }

    /// <summary>Waits until it has printed a line.</summary>
    public void AwaitLine(string line) => Eventually.True(() => Output.Contains(line), $"{name} prints '{line}'", () => string.Join('\n', Output));

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit status as the CRI tells it: 128 more than the number of the signal that ended it.</returns>
    public long AwaitExit()
    {
        Eventually.True(() => Status.Message(1).Number(3) == StateExited, $"{name} ends");
        return Status.Message(1).Number(7);
    }

    /// <summary>SIGTERM, and SIGKILL after a time; it stays until it is removed.</summary>
    public void Stop(int timeoutSeconds) => engine.Call("StopContainer", new ProtobufMessage().With(1, id).With(2, timeoutSeconds));

    /// <summary>Removes it.</summary>
    public void Remove() => engine.Call("RemoveContainer", new ProtobufMessage().With(1, id));
}
