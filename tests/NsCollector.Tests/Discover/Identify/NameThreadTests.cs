using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Linux;

namespace NsCollector.Tests.Discover.Identify;

public sealed class NameThreadTests : IDisposable
{
    private readonly NamesFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Forget_removes_a_request_that_waits_for_a_hanging_disk()
    {
        using var engine = new HangingEngine();
        using var answered = new WakeSignal();
        var names = new NameThread(_fixture.Names(docker: engine), answered, _ => { });
        names.Start();
        for (long key = 1; key <= 4; key++) names.Enqueue(key, NamesFixture.Container(ContainerRuntime.Docker), "/docker/" + NamesFixture.Id, null, isYoung: true);
        Assert.True(engine.Asked.Wait(TimeSpan.FromSeconds(30)));
        names.Forget(3);
        engine.Continue.Set();
        var keys = new List<long>();
        while (!keys.Contains(4))
        {
            Assert.True(answered.Wait(30_000));
            while (names.TryDequeue(out long key, out _)) keys.Add(key);
        }

        names.Stop();
        Assert.Equal([1, 2, 4], keys);
    }

    private sealed class HangingEngine : IEngineNames, IDisposable
    {
        internal ManualResetEventSlim Asked { get; } = new();

        internal ManualResetEventSlim Continue { get; } = new();

        public bool TryFind(string id, [NotNullWhen(true)] out KnownIdentity? identity)
        {
            Asked.Set();
            Continue.Wait();
            identity = null;
            return false;
        }

        public void Dispose()
        {
            Asked.Dispose();
            Continue.Dispose();
        }
    }
}
