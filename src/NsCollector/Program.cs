using NsCollector.Cli;
using NsCollector.Host;

return CommandLine.Run(args, new AgentParts
{
    CreateCore = _ => new IdleAgentCore(),
    Sample = (_, _, _) =>
    {
        Console.Error.WriteLine("nscollector: this build cannot sample");
        return ExitCode.Failed;
    },
});
