using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using NsCollector.Host.Systemd;

namespace NsCollector.Host;

/// <summary>
/// The .NET generic host with the agent as its only hosted service. The host sends READY=1 and STOPPING=1. This class and
/// <see cref="NsCollector.Host.Agent"/> add SIGHUP, immediate exit on a second signal, exit codes and the watchdog.
/// </summary>
internal sealed class AgentHost : IDisposable
{
    private readonly IHost _host;

    /// <summary>Builds the host without starting the agent.</summary>
    /// <param name="logging">Configures the log.</param>
    /// <param name="createNotifier">Creates the notifier.</param>
    /// <param name="createAgent">Creates the agent, which the host disposes.</param>
    internal AgentHost(
        Action<ILoggingBuilder> logging, Func<ILoggerFactory, BackgroundNotifier> createNotifier, Func<ILoggerFactory, BackgroundNotifier, Agent> createAgent)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        IServiceCollection services = builder.Services;
        services.AddSystemd();

        // AddSystemd does nothing unless the parent process is called systemd or the agent is process 1. Here only
        // NOTIFY_SOCKET decides, as in sd_notify(3): another supervisor may have set it, or a shell may be in between. Without it
        // the lifetime handles SIGTERM and sends nothing. AgentLogging also chooses the log format after AddSystemd.
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
        services.AddSingleton<ISystemdNotifier>(provider => createNotifier(provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IHostedService>(provider =>
            createAgent(provider.GetRequiredService<ILoggerFactory>(), (BackgroundNotifier)provider.GetRequiredService<ISystemdNotifier>()));

        // The agent has its own stop_timeout. The host's would start a timer thread.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        logging(builder.Logging);

        // The agent logs its start and stop itself. The host also throws what it would log as an error.
        builder.Logging.AddFilter("Microsoft", LogLevel.None);
        _host = builder.Build();
        Lifetime = _host.Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            Agent = (Agent)_host.Services.GetRequiredService<IHostedService>();
        }
        catch
        {
            // Flushes the log.
            _host.Dispose();
            throw;
        }
    }

    /// <summary>The lifetime that SIGTERM stops.</summary>
    internal IHostApplicationLifetime Lifetime { get; }

    /// <summary>The hosted service.</summary>
    internal Agent Agent { get; }

    /// <summary>Runs the agent until a signal or a failure stops it.</summary>
    /// <returns>The exit status.</returns>
    internal int Run()
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, HandleSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, HandleSignal);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, HandleSignal);
        return RunWithoutSignals();
    }

    /// <summary>Like <see cref="Run"/>, but without signal handlers; the caller sends signals.</summary>
    internal int RunWithoutSignals()
    {
        try
        {
            _host.Start();
            Agent.WaitForStop();
        }
        catch (AgentStartException)
        {
            // The agent has logged the reason.
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // SIGTERM during the start: the agent is never ready and stops normally.
        }

        // Only the agent is awaited, so no other thread is needed.
        _host.StopAsync().GetAwaiter().GetResult();
        return Agent.ExitStatus;
    }

    /// <summary>Disposes the agent, sends the queued notifications and flushes the log.</summary>
    public void Dispose() => _host.Dispose();

    private void HandleSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Agent.OnSignal(context.Signal);
    }
}
