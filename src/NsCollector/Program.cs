using NsCollector.Cli;
using NsCollector.Host;

return CommandLine.Run(args, new AgentParts
{
    CreateCore = context => new AgentCore(context),
    Sample = SampleRun.Run,
    CountContainers = ContainerCounts.Count,
});
