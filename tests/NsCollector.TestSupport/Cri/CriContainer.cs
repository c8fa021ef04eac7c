using System.Text.Json;

namespace NsCollector.TestSupport.Cri;

/// <summary>A container of a <see cref="CriPod"/>, which removes it.</summary>
public sealed class CriContainer(ContainerdEngine engine, string name, string id, string logPath)
{
    // ContainerState of the CRI: CREATED = 0, RUNNING = 1, EXITED = 2.
    private const int StateExited = 2;

    /// <summary>Its name in the pod.</summary>
    public string Name => name;

    /// <summary>Its full id.</summary>
    public string Id => id;

    /// <summary>The current pid of its init process.</summary>
    public int Pid
    {
        get
        {
            using JsonDocument information = JsonDocument.Parse(Status.Map(2)["info"]);
            return information.RootElement.GetProperty("pid").GetInt32();
        }
    }

    /// <summary>The kernel's values of its cgroup.</summary>
    public ProcessCgroup Cgroup => new(Pid);

    /// <summary>The lines that it has written so far.</summary>
    /// <remarks>Each line of the log file begins with a time, a stream and a tag (F: a full line).</remarks>
    public string[] Output => File.Exists(logPath) ? [.. File.ReadLines(logPath).Select(line => line.Split(' ', 4)[^1])] : [];

    /// <summary>The lines that it has written to standard output so far.</summary>
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

    /// <summary>Waits until it has written a line.</summary>
    public void AwaitLine(string line) => Eventually.True(() => Output.Contains(line), $"{name} writes '{line}'", () => string.Join('\n', Output));

    /// <summary>Waits until it has exited.</summary>
    /// <returns>The exit status of the CRI: 128 plus the number of the signal if a signal ended it.</returns>
    public long AwaitExit()
    {
        Eventually.True(() => Status.Message(1).Number(3) == StateExited, $"{name} ends");
        return Status.Message(1).Number(7);
    }

    /// <summary>Sends SIGTERM, and SIGKILL after the timeout. The exited container remains until it is removed.</summary>
    public void Stop(int timeoutSeconds) => engine.Call("StopContainer", new ProtobufMessage().With(1, id).With(2, timeoutSeconds));

    /// <summary>Removes it.</summary>
    public void Remove() => engine.Call("RemoveContainer", new ProtobufMessage().With(1, id));
}
