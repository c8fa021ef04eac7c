using System.Text.RegularExpressions;

namespace NsCollector.TestSupport.Kernel;

/// <summary>
/// What <c>strace -f -e trace=clone,clone3,fork,vfork,execve</c> wrote: every way to make a process or to become another
/// program.
/// </summary>
public sealed partial class SystemCallTrace
{
    private readonly List<string> _calls;

    private SystemCallTrace(List<string> calls) => _calls = calls;

    /// <summary>The words that run a program under strace, writing to <paramref name="path"/>.</summary>
    public static string[] Words(string path, string[] program) =>
        ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=clone,clone3,fork,vfork,execve", "-e", "signal=none", "-o", path, .. program];

    /// <summary>Reads what strace wrote.</summary>
    public static SystemCallTrace Read(string path) => new([.. File.ReadLines(path).Where(line => Call().IsMatch(line))]);

    /// <summary>Threads that were made.</summary>
    public IEnumerable<string> Threads => _calls.Where(IsThread);

    /// <summary>Processes that were made, and programs that were started, but for the first: the agent itself.</summary>
    public IEnumerable<string> ProcessesAndPrograms => _calls.Where(call => !IsThread(call)).Skip(1);

    /// <summary>The first of them, which strace itself brings about.</summary>
    public string First => _calls.First();

    private static bool IsThread(string call) => call.Contains("clone", StringComparison.Ordinal) && call.Contains("CLONE_THREAD", StringComparison.Ordinal);

    [GeneratedRegex(@"^\d+\s+(clone3?|v?fork|execve)\(")]
    private static partial Regex Call();
}
