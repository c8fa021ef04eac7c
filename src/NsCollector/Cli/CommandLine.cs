using System.CommandLine;
using System.CommandLine.Parsing;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Cli;

/// <summary>The command line: which verbs there are, and what is told where it is wrong. Each verb has a file of its own.</summary>
internal static class CommandLine
{
    /// <summary>Runs what the arguments ask for.</summary>
    /// <returns>The exit status (<see cref="ExitCode"/>).</returns>
    internal static int Run(string[] arguments, AgentParts parts)
    {
        RootOptions roots = new();
        RootCommand root = new("Samples the cgroups and network namespaces of every container on this host.");
        roots.AddTo(root);
        root.Add(RunCommand.Create(roots, parts));
        root.Add(SampleCommand.Create(roots, parts));
        root.Add(CheckCommand.Create(roots, parts));
        root.Add(SpoolCommand.Create(roots));
        root.Add(VersionCommand.Create());
        root.Add(DocsCommand.Create());

        // Without a replacer an argument that begins with @ is that argument, not the name of a file with more of them.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors) Console.Error.WriteLine("nscollector: " + Printable.Text(error.Message));
            Console.Error.WriteLine($"See nscollector {Verbs(parsed.CommandResult)}--help");
            return ExitCode.Usage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception exception) when ((exception as TypeInitializationException)?.InnerException is DllNotFoundException || exception is DllNotFoundException)
        {
            Console.Error.WriteLine("nscollector: a library is missing: libMonoPosixHelper.so must stand beside the executable, and it needs libz.so.1 and librt.so.1");
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            // Nothing is known about what failed, so the whole of it is worth telling.
            Console.Error.WriteLine("nscollector: " + exception);
            return ExitCode.Failed;
        }
    }

    // The verb, and the one within it, each with a blank behind it; the root has none.
    private static string Verbs(CommandResult result) => result.Parent is CommandResult parent ? Verbs(parent) + result.Command.Name + " " : "";
}
