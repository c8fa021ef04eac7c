using System.Text.Json;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Writes an endpoint as <c>/containers/json</c> has it: with neither links nor aliases, because dockerd does not copy them.</summary>
internal static class EndpointWriter
{
    /// <summary>Writes an endpoint as a member with the name of its network.</summary>
    /// <param name="writer">Receives the member.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="apiMinorVersion">The version that was agreed on.</param>
    internal static void Write(Utf8JsonWriter writer, NetworkEndpoint endpoint, int apiMinorVersion)
    {
        writer.WriteStartObject(endpoint.Network);
        if (endpoint.HasAddressConfiguration)
        {
            writer.WriteStartObject("IPAMConfig");
            if (endpoint.ChosenAddress is { } address) writer.WriteString("IPv4Address", address);
            if (endpoint.ChosenAddress6 is { } address6) writer.WriteString("IPv6Address", address6);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("IPAMConfig");
        }

        writer.WriteNull("Links");
        writer.WriteNull("Aliases");
        writer.WriteString("MacAddress", endpoint.Mac);
        writer.WriteNull("DriverOpts");
        if (apiMinorVersion >= FieldVersions.GatewayPriority) writer.WriteNumber("GwPriority", 0);
        writer.WriteString("NetworkID", endpoint.NetworkId);
        writer.WriteString("EndpointID", endpoint.EndpointId);
        writer.WriteString("Gateway", endpoint.Gateway);
        writer.WriteString("IPAddress", endpoint.Address);
        writer.WriteNumber("IPPrefixLen", endpoint.PrefixLength);
        writer.WriteString("IPv6Gateway", endpoint.Gateway6);
        writer.WriteString("GlobalIPv6Address", endpoint.Address6);
        writer.WriteNumber("GlobalIPv6PrefixLen", endpoint.PrefixLength6);
        if (apiMinorVersion >= FieldVersions.DnsNames) writer.WriteNull("DNSNames");
        writer.WriteEndObject();
    }
}
