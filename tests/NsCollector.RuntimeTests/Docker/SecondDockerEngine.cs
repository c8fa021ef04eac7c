namespace NsCollector.RuntimeTests.Docker;

/// <summary>A daemon that runs beside <see cref="DockerEngine"/>, so that two collections of tests run at the same time.</summary>
public sealed class SecondDockerEngine() : DockerEngine("-second");
