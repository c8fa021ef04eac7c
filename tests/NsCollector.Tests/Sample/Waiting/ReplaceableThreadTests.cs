using NsCollector.Sample.Waiting;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Sample.Waiting;

public sealed class ReplaceableThreadTests : IDisposable
{
    private readonly ManualResetEventSlim _answers = new();
    private readonly ReplaceableThread<string> _thread;
    private int _works, _underGate, _notUnderGate;
    private volatile bool _isHanging;

    public ReplaceableThreadTests() =>
        _thread = new ReplaceableThread<string>("test", 2, 20_000_000, new AgentCounters())
        {
            Work = Work, SetHanging = _ => Note(ref _underGate, isHeld: true), OnHang = _ => Note(ref _notUnderGate, isHeld: false),
            OnDefect = _ => { }, OnEnd = () => { },
        };

    public void Dispose()
    {
        _answers.Set();
        _thread.End();
    }

    [Fact]
    public void Begin_does_not_wait_for_the_gate_and_its_request_is_served()
    {
        _thread.Begin();
        Eventually.True(() => _thread.IsIdle, "the first work");
        int before = Volatile.Read(ref _works);
        var caller = new Thread(_thread.Begin);
        lock (_thread.Gate)
        {
            caller.Start();
            Assert.True(caller.Join(TimeSpan.FromSeconds(10)), "Begin waits for the gate");
        }

        Eventually.True(() => Volatile.Read(ref _works) > before, "the request");
    }

    [Fact]
    public void Hang_is_set_under_the_gate_and_reported_without_it()
    {
        _isHanging = true;
        Eventually.True(
            () =>
            {
                _thread.Begin();
                return Volatile.Read(ref _notUnderGate) > 0;
            },
            "the report");
        Assert.True(_underGate > 0);
    }

    private void Note(ref int count, bool isHeld)
    {
        if (_thread.Gate.IsHeldByCurrentThread == isHeld) count++;
    }

    private bool Work(ReplaceableWorker<string> worker)
    {
        lock (_thread.Gate) worker.Enter("call");
        if (_isHanging) _answers.Wait();
        Interlocked.Increment(ref _works);
        lock (_thread.Gate) return worker.Leave();
    }
}
