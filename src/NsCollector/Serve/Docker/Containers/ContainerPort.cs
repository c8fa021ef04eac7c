namespace NsCollector.Serve.Docker.Containers;

/// <summary>A port of a container, published or not.</summary>
/// <param name="Private">The port in the container.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
/// <param name="Public">The port on the host; 0 if it is not published.</param>
/// <param name="Address">The host's address; empty if it is not published.</param>
internal readonly record struct ContainerPort(int Private, string Protocol, int Public = 0, string Address = "");
