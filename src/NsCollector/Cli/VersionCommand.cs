using System.CommandLine;
using System.CommandLine.Invocation;
using NsCollector.Host;
using NsCollector.Linux.Interop;

namespace NsCollector.Cli;

/// <summary><c>nscollector version</c> and <c>nscollector --version</c>: prints version, commit and runtime.</summary>
internal static class VersionCommand
{
    /// <summary>The description of the command and of the option.</summary>
    internal const string Description = "Print the version, the commit and the .NET runtime.";

    internal static Command Create() => new("version", Description) { Action = new Print() };

    internal sealed class Print : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            string modified = BuildInformation.IsModified ? ", modified" : "";
            Console.WriteLine($"nscollector {BuildInformation.Version}");
            Console.WriteLine($"commit      {BuildInformation.Commit ?? "unknown (not built from a git clone)"}{modified}");
            Console.WriteLine($"runtime     {BuildInformation.Runtime}, {(BuildInformation.IsNativeAot ? "native AOT" : "just-in-time compiled")}");
            Console.WriteLine($"native shim interface {NativeShim.InterfaceVersion()}");
            return ExitCode.Success;
        }
    }
}
