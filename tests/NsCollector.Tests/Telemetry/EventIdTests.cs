using System.Reflection;
using Microsoft.Extensions.Logging;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Telemetry;

public sealed class EventIdTests
{
    [Fact]
    public void Each_message_has_an_event_id_of_its_own()
    {
        LoggerMessageAttribute[] messages =
        [
            .. typeof(AgentCounters).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
                .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>(),
        ];
        Assert.True(messages.Length > 50);
        Assert.Empty(messages.GroupBy(message => message.EventId).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(" / ", same.Select(message => message.Message))}"));
    }
}
