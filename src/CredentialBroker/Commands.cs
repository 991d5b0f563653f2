using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Configuration;
using CredentialBroker.Hosting;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker;

/// <summary>What the server binary does. Exit codes: 0 ok, 1 fault, 2 usage or configuration.</summary>
internal static class Commands
{
    private const string Text = """
        credential-broker: short-lived credentials for approved workloads

        usage: CredentialBroker [serve|check|migrate|probe|demo] [--config FILE]

          serve     run the broker (default); --after-restore holds automatic ends for 24 hours
          check     report every mistake of configuration, targets and templates, warn of risky settings, and exit
          migrate   bring the store's schema to this version, and exit
          probe     ask the broker that runs under this configuration whether it is ready, for container health checks
          demo      show the main job end to end on a throw-away store; --postgres CONNECTION for a database role,
                    --vault ADDRESS --vault-token-file FILE for a certificate that a Vault makes;
                    --stay FOLDER, alone or after --postgres, tells nothing and stays, for you to be the workload

        Configuration: appsettings.json beside the program, or --config FILE; single values by environment
        variables such as CREDBROKER_Hosting__Listen.

        examples:
          CredentialBroker demo
          CredentialBroker check --config /etc/credbroker/appsettings.json
          CredentialBroker serve --config /etc/credbroker/appsettings.json

        """;

    public static int Help(TextWriter to)
    {
        to.Write(Text);
        return 0;
    }

    public static int Usage(string mistake)
    {
        Console.Error.WriteLine($"{mistake}\n");
        Help(Console.Error);
        return 2;
    }

    public static async Task<int> ServeAsync(string[] args)
    {
        var afterRestore = args.Contains("--after-restore");
        if (Read([.. args.Where(a => a != "--after-restore")]) is not { } configuration) return 2;
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        if (mistakes.Count > 0) return Report(mistakes);
        await using var broker = BrokerHost.Build(options, configuration);
        try
        {
            await broker.StartAsync(CancellationToken.None, afterRestore);
        }
        catch (Exception error) when (Problems.OfFault(error) is not null || error is InvalidOperationException or IOException)
        {
            Console.Error.WriteLine($"cannot start: {error.Message}");
            return 1;
        }

        await broker.WaitForShutdownAsync();
        return 0;
    }

    public static async Task<int> CheckAsync(string[] args)
    {
        if (Read(args) is not { } configuration) return 2;
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        IReadOnlyList<string> all = mistakes.Count > 0 ? mistakes : await BrokerHost.CheckAsync(options, CancellationToken.None);
        var dates = CertificateDates.In(options, TimeProvider.System.GetUtcNow());
        if (all.Count + dates.Mistakes.Count > 0) return Report([.. all, .. dates.Mistakes]);
        Risk[] risks = [.. Risks.In(options), .. dates.Risks];
        foreach (var risk in risks) Console.Error.WriteLine($"warning: {risk}");
        Console.WriteLine($"configuration, targets and templates hold{(risks.Length == 0 ? "" : $", with {risks.Length} warning{(risks.Length == 1 ? "" : "s")}")}");
        return 0;
    }

    public static async Task<int> MigrateAsync(string[] args)
    {
        if (Read(args) is not { } configuration) return 2;
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        if (mistakes.Count > 0) return Report(mistakes);
        await using var broker = BrokerHost.Build(options, configuration);
        var applied = await broker.Services.GetRequiredService<Migrator>().MigrateAsync(CancellationToken.None);
        Console.WriteLine(applied == 0 ? "the schema is of this version" : $"{applied} schema versions applied");
        return 0;
    }

    public static async Task<int> ProbeAsync(string[] args)
    {
        if (Read(args) is not { } configuration) return 2;
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        if (mistakes.Count > 0) return Report(mistakes);
        using var http = new HttpClient(Trusting(options.Hosting.CertificateFile)) { BaseAddress = new Uri(options.Hosting.Listen), Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var reply = await http.GetAsync(new Uri("/healthz/ready", UriKind.Relative));
            Console.WriteLine(await reply.Content.ReadAsStringAsync());
            return reply.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            Console.Error.WriteLine($"nothing answers at {options.Hosting.Listen}");
            return 1;
        }
    }

    /// <summary>Asks this machine itself, under an address that a certificate seldom names: the configured certificate is the one trusted.</summary>
    private static SocketsHttpHandler Trusting(string? certificateFile) => new()
    {
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                if (shown is null || certificateFile is null) return false;
                using var own = X509CertificateLoader.LoadCertificateFromFile(certificateFile);
                return shown.GetRawCertData().AsSpan().SequenceEqual(own.RawDataMemory.Span);
            },
        },
    };

    private static IConfigurationRoot? Read(string[] args)
    {
        var file = args switch
        {
            [] => Path.Combine(AppContext.BaseDirectory, "appsettings.json"),
            ["--config", var named] => named,
            [var joined] when joined.StartsWith("--config=", StringComparison.Ordinal) => joined["--config=".Length..],
            _ => null,
        };
        if (file is null) Usage($"unexpected '{string.Join(' ', args)}'");
        else if (File.Exists(file)) return ConfigurationReader.Sources(file);
        else Console.Error.WriteLine($"no configuration at '{file}'");
        return null;
    }

    private static int Report(IReadOnlyList<string> mistakes)
    {
        foreach (var mistake in mistakes) Console.Error.WriteLine(mistake);
        Console.Error.WriteLine($"{mistakes.Count} mistake{(mistakes.Count == 1 ? "" : "s")}; nothing was started");
        return 2;
    }
}
