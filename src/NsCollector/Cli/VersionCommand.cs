using System.CommandLine;
using NsCollector.Host;
using NsCollector.Linux.Interop;

namespace NsCollector.Cli;

/// <summary><c>nscollector version</c>: what this executable is.</summary>
internal static class VersionCommand
{
    internal static Command Create()
    {
        Command command = new("version", "Print the version, the commit, and the runtime inside.");
        command.SetAction(_ =>
        {
            Console.WriteLine($"nscollector {BuildInformation.Version}");
            Console.WriteLine($"commit      {BuildInformation.Commit ?? "unknown (not built from a git clone)"}");
            Console.WriteLine($"runtime     {BuildInformation.Runtime}, {(BuildInformation.IsNativeAot ? "native AOT" : "just-in-time compiled")}");
            Console.WriteLine($"native shim interface {NativeShim.InterfaceVersion()}");
            if (BuildInformation.SupportNotice(Environment.Version) is { } notice) Console.WriteLine("note        " + notice);
            return ExitCode.Success;
        });
        return command;
    }
}
