using System.Collections.Concurrent;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Identity;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>A broker stand-in and a folder in memory; a sidecar beside them when a test starts one.</summary>
public abstract class Rig : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateDirectory($"/dev/shm/credbroker-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}").FullName;
    private static int s_number;

    internal BrokerStandIn Broker { get; private set; } = null!;

    internal Lines Log { get; } = new();

    internal Dictionary<string, string> Variables { get; } = [];

    /// <summary>The clock of both sides.</summary>
    protected virtual TimeProvider Clock => TimeProvider.System;

    /// <summary>Whether the broker is spoken to over TLS, where certificates can be shown.</summary>
    protected virtual bool UsesTls => false;

    internal Surroundings Around => new(TextReader.Null, TextWriter.Null, Log, Variables.GetValueOrDefault, Clock);

    internal Say Say => new(Log, Clock);

    public async Task InitializeAsync()
    {
        if (!UsesTls) Broker = await BrokerStandIn.StartAsync(Clock);
        else
        {
            var certificate = LoopbackCertificate.Make();
            await File.WriteAllTextAsync(PathOf("broker-ca.pem"), certificate.ExportCertificatePem());
            Broker = await BrokerStandIn.StartAsync(Clock, certificate: certificate);
        }

        File.WriteAllText(PathOf("token"), The.Evidence + "\n");
    }

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.Empty(Broker.Undocumented);
        // Whatever is said, no secret is.
        Assert.DoesNotContain("secret-key-", Log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("pass:word", Log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(The.Evidence, Log.ToString(), StringComparison.Ordinal);
    }

    internal string PathOf(string name) => Path.Combine(_folder, name);

    internal SidecarOptions Options(params string[] templates) => new()
    {
        Broker = new BrokerOptions { Address = Broker.Address.ToString() },
        Identity = new IdentityOptions { Kind = "token-file", TokenFile = PathOf("token") },
        Leases = templates.ToDictionary(name => name, name => new LeaseOptions { Template = name }),
    };

    /// <summary>A sidecar that holds all of its leases.</summary>
    internal async Task<RunningSidecar> StartAsync(SidecarOptions options, bool held = true)
    {
        Assert.Empty(options.Validate());
        var sidecar = new RunningSidecar(options, Around, Say);
        await sidecar.StartAsync(options.FrontEnds, CancellationToken.None);
        if (held) await UntilAsync(() => sidecar.Leases.AreAllHeld);
        return sidecar;
    }

    internal static T FrontEnd<T>(RunningSidecar sidecar)
        where T : HttpFrontEnd => Assert.Single(sidecar.FrontEnds.Listening.OfType<T>());

    /// <summary>Waits for what has to come; the limit is a safety net, not a measurement.</summary>
    internal async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            Assert.True(i < 3000, $"it did not come to be: {Log}");
            await Task.Delay(10);
        }
    }

    /// <summary>What was said.</summary>
    internal sealed class Lines : StringWriter
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public override void WriteLine(string? value) => _lines.Enqueue(value ?? "");

        public override string ToString() => string.Join('\n', _lines);
    }
}
