using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using NsCollector.Host.Systemd;

namespace NsCollector.Host;

/// <summary>
/// The framework's host with the agent as its one hosted service. The host sends READY=1 and STOPPING=1; what it lacks is
/// here and in <see cref="NsCollector.Host.Agent"/>: SIGHUP, a second signal that ends at once, exit codes, the watchdog.
/// </summary>
internal sealed class AgentHost : IDisposable
{
    private readonly IHost _host;

    /// <summary>Builds the host. Nothing of the agent starts.</summary>
    /// <param name="logging">Adds the log's output.</param>
    /// <param name="createNotifier">Makes the notifier.</param>
    /// <param name="createAgent">Makes the agent, which the host disposes.</param>
    internal AgentHost(
        Action<ILoggingBuilder> logging, Func<ILoggerFactory, BackgroundNotifier> createNotifier, Func<ILoggerFactory, BackgroundNotifier, Agent> createAgent)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        IServiceCollection services = builder.Services;
        services.AddSystemd();

        // AddSystemd does nothing unless the parent process is called systemd or the agent is process 1. NOTIFY_SOCKET alone
        // decides here, as in sd_notify(3): another supervisor may have set it, or a shell may stand between. Without it the
        // lifetime handles SIGTERM and sends nothing. AgentLogging likewise chooses the format after AddSystemd has.
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
        services.AddSingleton<ISystemdNotifier>(provider => createNotifier(provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IHostedService>(provider =>
            createAgent(provider.GetRequiredService<ILoggerFactory>(), (BackgroundNotifier)provider.GetRequiredService<ISystemdNotifier>()));

        // The agent keeps to its own stop_timeout; the host's would start a timer's thread.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        logging(builder.Logging);

        // The agent says itself that it starts and stops. What the host would log as an error it also throws.
        builder.Logging.AddFilter("Microsoft", LogLevel.None);
        _host = builder.Build();
        Lifetime = _host.Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            Agent = (Agent)_host.Services.GetRequiredService<IHostedService>();
        }
        catch
        {
            // The log writes out what is queued.
            _host.Dispose();
            throw;
        }
    }

    /// <summary>What SIGTERM stops.</summary>
    internal IHostApplicationLifetime Lifetime { get; }

    /// <summary>The hosted service.</summary>
    internal Agent Agent { get; }

    /// <summary>Runs the agent until a signal or a failure ends it.</summary>
    /// <returns>The exit status.</returns>
    internal int Run()
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, HandleSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, HandleSignal);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, HandleSignal);
        return RunWithoutSignals();
    }

    /// <summary>As <see cref="Run"/>, with signals coming from the caller only.</summary>
    internal int RunWithoutSignals()
    {
        try
        {
            _host.Start();
            Agent.WaitForEnd();
        }
        catch (AgentStartException)
        {
            // The agent has said why.
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // SIGTERM during the start: the agent is never ready, and stops in order.
        }

        // Nothing in it waits for anything but the agent, so that this thread does it all.
        _host.StopAsync().GetAwaiter().GetResult();
        return Agent.ExitStatus;
    }

    /// <summary>Disposes the agent, sends what is still queued for systemd, and writes out the log.</summary>
    public void Dispose() => _host.Dispose();

    private void HandleSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Agent.OnSignal(context.Signal);
    }
}
