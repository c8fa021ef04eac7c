using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>Docker's Engine API, for tests that start so many containers that <c>docker</c> processes would cause most of the load.</summary>
internal sealed class EngineApi : IDisposable
{
    private readonly HttpClient _client;

    public EngineApi(string socketPath)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Creates a container without starting it.</summary>
    /// <returns>Its full id.</returns>
    public async Task<string> CreateAsync(string name, object configuration)
    {
        using HttpResponseMessage answer = await _client.PostAsync($"/containers/create?name={name}", JsonContent.Create(configuration));
        return (await ReadAsync(answer)).GetProperty("Id").GetString()!;
    }

    /// <summary>Starts a container and waits until it has exited.</summary>
    /// <returns>Docker's exit status.</returns>
    public async Task<long> RunAsync(string id)
    {
        // The request is sent before the start, and its response headers come at once, so no exit can be missed.
        using var wait = new HttpRequestMessage(HttpMethod.Post, $"/containers/{id}/wait?condition=next-exit");
        using HttpResponseMessage ended = await _client.SendAsync(wait, HttpCompletionOption.ResponseHeadersRead);
        using HttpResponseMessage started = await _client.PostAsync($"/containers/{id}/start", null);
        await ReadAsync(started);
        return (await ReadAsync(ended)).GetProperty("StatusCode").GetInt64();
    }

    /// <summary>The JSON answer to a GET request.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage answer = await _client.GetAsync(path);
        return await ReadAsync(answer);
    }

    /// <summary>Removes an exited container.</summary>
    public async Task RemoveAsync(string id)
    {
        using HttpResponseMessage answer = await _client.DeleteAsync($"/containers/{id}");
        await ReadAsync(answer);
    }

    public void Dispose() => _client.Dispose();

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
