using CredentialBroker.Alarms;
using CredentialBroker.Admission;
using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Aws;
using CredentialBroker.Clusters;
using CredentialBroker.Configuration;
using CredentialBroker.WebConsole;
using CredentialBroker.Controls;
using CredentialBroker.Exceptions;
using CredentialBroker.Hosting;
using CredentialBroker.Hosting.Inside;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.Hosts;
using CredentialBroker.Incidents;
using CredentialBroker.Issuance;
using CredentialBroker.Issuance.Reevaluation;
using CredentialBroker.Issuance.Undecided;
using CredentialBroker.Issuance.OAuth;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Proofs;
using CredentialBroker.Reviews;
using CredentialBroker.Reviews.Identity;
using CredentialBroker.Revocation;
using CredentialBroker.Runtime;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Runtime.Kubernetes;
using CredentialBroker.Runtime.Watching;
using CredentialBroker.Signals;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;
using CredentialBroker.Uses;
using Quartz;

namespace CredentialBroker;

/// <summary>The broker as one thing that starts and stops: each room brings what it adds and maps.</summary>
internal sealed class BrokerHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BrokerHost(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    /// <summary>Every route that is mapped.</summary>
    public IEnumerable<Endpoint> Routes => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints);

    /// <summary>The address that the broker listens at; known once started.</summary>
    public string Address => _app.Urls.First();

    public static BrokerHost Build(BrokerOptions options, IConfiguration? configuration = null, TimeProvider? machine = null, Action<IServiceCollection>? change = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        // Only what the broker itself read and judged counts; the framework keeps a place for its own settings.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        if (configuration is not null) builder.Configuration.AddConfiguration(configuration);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning)
            // What only the console uses them for lives in memory, and a browser may send whatever it kept from before a restart.
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error).AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Critical).AddFilter("Microsoft.Hosting", LogLevel.Warning);
        builder.WebHost.Listen(options.Hosting);
        builder.Host.UseDefaultServiceProvider(provider => provider.ValidateOnBuild = provider.ValidateScopes = true);

        builder.Services
            .AddStorage(options.Storage, machine ?? TimeProvider.System)
            .AddAudit(options.Audit, ConfigurationReader.PublicUrl(options), EvidenceSigning.Of)
            .AddControls()
            .AddIssuer(options.Keys, new KeyRings(ConfigurationReader.PublicUrl(options), ConfigurationReader.Reserved(options)), ConfigurationReader.PublicUrl(options), options.Hosting.IsDevelopment ? options.Storage.Folder : null)
            .AddSingleton<KeyRecord>(KeyRecords.Of)
            .AddAttestation(options.TrustSources.Workloads, ConfigurationReader.Own(options))
            .AddApprovals(options.TrustSources.Approvals)
            .AddClusters(options.Clusters)
            .AddAdmission(options.Admission, options.TrustSources.Workloads)
            .AddClusterWatching()
            .AddBackends(options.Targets)
            .AddTemplates(options.Limits.TtlCeiling, options.Limits.MaxTtlCeiling, new ActivationRules(!options.Hosting.IsDevelopment, options.Templates.ImportActivates), provider => TemplateSigning.Of(options.Templates.SignersFile, provider))
            .AddLeases()
            .AddExceptions(options.Exceptions)
            .AddSingleton<ReviewedIdentity>(provider => provider.GetRequiredService<IdentityReviews>().ReviewedAsync)
            .AddIssuance(options.Policy, options.Hosting.Profile)
            .AddSingleton(options.Retention)
            .AddSingleton<Retention>()
            .AddRevocation(options.Limits.EndsPerTarget)
            .AddRuntime(options.Drift)
            .AddProofs(options.Proofs)
            .AddUses(options.Uses)
            .AddHosts(options.Hosts)
            .AddIncidents(options.Incidents)
            .AddSignals(options.Signals)
            .AddAlarms(options.Alarms)
            .AddReviews(options.Reviews, options.TrustSources.Workloads.Values.Select(source => source.Audience))
            .AddHosting(options.Hosting, options.Operators)
            .AddConsole(options.Console, (http, services) => ActivatorUtilities.CreateInstance<InsideHandler>(services, http.Connection.RemoteIpAddress ?? System.Net.IPAddress.None))
            .AddSingleton(options)
            .AddSingleton<StartUp>()
            .AddSingleton<IHealthSource, ReplicaHealth>();
        builder.Services.AddQuartz(quartz => quartz
            .Each<BeatJob>(TimeSpan.FromSeconds(1), "beat")
            .Each<KeyJob>(TimeSpan.FromSeconds(1), "keys")
            .Each<RefreshJob>(TimeSpan.FromSeconds(1), "refresh")
            .Each<ExceptionsJob>(TimeSpan.FromSeconds(1), "exceptions")
            .Each<EndDueJob>(TimeSpan.FromSeconds(1), EndDueJob.Key.Name)
            .Each<EvidenceJob>(TimeSpan.FromSeconds(1), "evidence")
            .Each<ReaffirmJob>(TimeSpan.FromSeconds(10), "reaffirm")
            .Each<ReevaluationJob>(TimeSpan.FromSeconds(2), "reevaluation")
            .Each<UndecidedJob>(TimeSpan.FromSeconds(1), "undecided")
            .Each<PromptJob>(TimeSpan.FromSeconds(1), "prompts")
            .Each<AwsJob>(TimeSpan.FromSeconds(5), "aws")
            .Each<TidyJob>(TimeSpan.FromSeconds(30), "tidy")
            .Each<RetentionJob>(TimeSpan.FromSeconds(30), "retention")
            .Each<TallyJob>(TimeSpan.FromSeconds(30), "tally")
            .Each<ProofJob>(TimeSpan.FromSeconds(15), "proofs")
            .Each<IncidentJob>(TimeSpan.FromSeconds(1), IncidentJob.Key.Name)
            .Each<ExposureJob>(TimeSpan.FromSeconds(1), "exposures")
            .Each<DriftJob>(TimeSpan.FromSeconds(15), "drift")
            .Each<SharedJob>(TimeSpan.FromSeconds(15), SharedJob.Name)
            .Each<UnusedJob>(TimeSpan.FromSeconds(15), UnusedJob.Name)
            .Each<MarkJob>(TimeSpan.FromSeconds(30), "mark"));
        builder.Services.AddQuartzHostedService(quartz => quartz.WaitForJobsToComplete = true);
        OtlpExport.AddTo(builder, options.Telemetry);
        change?.Invoke(builder.Services);

        var app = builder.Build();
        var inside = app.Services.GetRequiredService<InsideDoor>();
        app.Use(rest => inside.Pipeline = rest);
        app.UseRouting();
        app.UseRateLimiter();
        app.UseMiddleware<Door>();
        MapRooms(app);
        // Listens from the first span on, where anything is sent at all.
        app.Services.GetService<OtlpExport>();
        return new BrokerHost(app);
    }

    /// <param name="afterRestore">The operator says that the store came back from a backup.</param>
    public async Task StartAsync(CancellationToken cancel, bool afterRestore = false)
    {
        await Services.GetRequiredService<StartUp>().RunAsync(afterRestore, cancel);
        await _app.StartAsync(cancel);
    }

    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Stops taking requests, lets ends under way finish, gives claims back, and writes what was accepted.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await Services.GetRequiredService<StartUp>().StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Every mistake of targets and templates that can be found without starting.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(BrokerOptions options, CancellationToken cancel)
    {
        await using var broker = Build(options);
        return await broker.Services.GetRequiredService<StartUp>().CheckAsync(cancel);
    }

    private static void MapRooms(WebApplication app)
    {
        var runtime = app.Services.GetRequiredService<ApprovalEnds>();
        app.MapApprovals(runtime.Alongside, runtime.Arrived);
        app.MapAdmission();
        app.MapClusters();
        app.MapLeases();
        app.MapTasks();
        app.MapWatching();
        app.MapTemplates();
        app.MapExplain();
        app.MapReevaluation();
        app.MapPlan();
        app.MapFindings();
        app.MapOverview();
        app.MapBlastRadius();
        app.MapIdentityReviews();
        app.MapIncidents();
        app.MapSelectors();
        app.MapUses();
        app.MapHosts();
        app.MapSignals();
        app.MapAlarms();
        app.MapExposures();
        app.MapControls();
        app.MapCutOffs();
        app.MapExceptions();
        app.MapAudit();
        app.MapEvidence();
        app.MapIssuers();
        app.MapKeys();
        app.MapIntrospection();
        app.MapOAuth();
        app.MapPublishedLists();
        app.MapHealth();
        app.MapWhoAmI();
        app.Services.GetRequiredService<PrometheusText>().Map(app);
        app.MapOpenApi("/openapi/v1.json");
        app.MapConsole();
    }
}
