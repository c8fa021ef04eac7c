using System.Text.Json;
using NsCollector.RuntimeTests.Docker;

namespace NsCollector.RuntimeTests.DockerApi;

/// <summary>The base class of the tests that compare the agent's socket with dockerd's.</summary>
public abstract class DockerApiTests(DockerEngine engine) : DockerTests(engine), IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-dockerapi-").FullName;

    /// <summary>The agent's socket.</summary>
    private protected string SocketPath => Path.Combine(_directory, "docker.sock");

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts an agent with a cycle each second.</summary>
    private protected RunningAgent Agent(params string[] settings) => new([.. Engine.Settings, "agent:interval=1s", $"docker_api:listen=unix:{SocketPath}", .. settings]);

    /// <summary>Runs <c>docker</c> against the agent's socket; it must succeed.</summary>
    private protected string Docker(params string[] arguments) => Command.Run("docker", ["--host", $"unix://{SocketPath}", .. arguments]);

    /// <summary>The JSON answer of a socket to a GET request.</summary>
    private protected static JsonElement Get(string socket, string path)
    {
        using var api = new EngineApi(socket);
        return api.GetAsync(path).GetAwaiter().GetResult();
    }

    /// <summary>The values of a JSON text, each with its path. An empty object or array is a value.</summary>
    private protected static IEnumerable<(string Path, string Value)> Leaves(string path, JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object when element.EnumerateObject().Any() => element.EnumerateObject().SelectMany(property => Leaves($"{path}/{property.Name}", property.Value)),
        JsonValueKind.Array when element.GetArrayLength() > 0 => element.EnumerateArray().SelectMany((item, index) => Leaves($"{path}/{index}", item)),
        JsonValueKind.String => [(path, element.GetString()!)],
        _ => [(path, element.GetRawText())],
    };

    /// <summary>Waits until an answer of the agent equals dockerd's.</summary>
    /// <param name="path">The request.</param>
    /// <param name="isCompared">Which values are compared, by their paths.</param>
    private protected void AwaitEqual(string path, Func<string, bool> isCompared)
    {
        Eventually.True(
            () =>
            {
                // Texts such as "Up 2 seconds" may change between two answers.
                string[] before = Of(Engine.Socket), own = Of(SocketPath), after = Of(Engine.Socket);
                return before.Length > 10 && before.SequenceEqual(after) && own.SequenceEqual(before);
            },
            $"equal answers to {path}",
            () =>
            {
                string[] own = Of(SocketPath), others = Of(Engine.Socket);
                return string.Join('\n', own.Except(others).Concat(others.Except(own).Select(leaf => "dockerd: " + leaf)));
            });

        string[] Of(string socket) => [.. Leaves("", Get(socket, path)).Where(leaf => isCompared(leaf.Path)).Select(leaf => $"{leaf.Path}={leaf.Value}").Order(StringComparer.Ordinal)];
    }
}
