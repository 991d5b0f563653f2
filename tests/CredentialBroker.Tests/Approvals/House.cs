using CredentialBroker.Approvals.Moves;
using CredentialBroker.Audit;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Approvals;

/// <summary>One replica: a real store, its journal and its audit chain. Two houses on one PostgreSQL are two replicas.</summary>
internal sealed class House : IAsyncDisposable
{
    private readonly string? _folder;

    private House(Store store, StorageOptions options, string? folder, TimeProvider clock)
    {
        _folder = folder;
        Options = options;
        Store = store;
        Clock = clock;
        Journal = new Journal(store, options, clock, NullLogger<Journal>.Instance);
        Chain = new AuditChain(clock) { Writer = Journal.Writer };
        Approvals = new ApprovalStore(store);
    }

    public StorageOptions Options { get; }

    public Store Store { get; }

    public TimeProvider Clock { get; }

    public Journal Journal { get; }

    public AuditChain Chain { get; }

    public ApprovalStore Approvals { get; }

    public static async Task<House> OpenAsync(string provider, PostgresFixture postgres, TimeProvider clock)
    {
        var folder = provider == "sqlite" ? Directory.CreateTempSubdirectory("approvals").FullName : null;
        var options = new StorageOptions
        {
            Provider = provider,
            Folder = folder ?? "",
            ConnectionString = provider == "postgres" ? await postgres.NewDatabaseAsync() : null,
            ReadConnections = 2,
            ControlConnections = 2,
        };
        Store store = folder is null ? new PostgresStore(options) : new SqliteStore(options);
        await new Migrator(store, clock).MigrateAsync(default);
        return await StartAsync(new House(store, options, folder, clock));
    }

    /// <summary>Another replica on the same PostgreSQL.</summary>
    public Task<House> AnotherAsync() => StartAsync(new House(new PostgresStore(Options), Options, null, Clock));

    public Task<Refusal?> CommitAsync(params Work[] works) => Journal.CommitAsync(Lane.Issuing, works);

    public async Task<string?> CodeAsync(params Work[] works) => (await CommitAsync(works))?.Code;

    /// <summary>Commits units at once and in order; whether they share a batch is for the journal to say.</summary>
    public async Task<IReadOnlyList<string?>> TogetherAsync(params Work[][] units)
    {
        var outcomes = units.Select(u => Journal.CommitAsync(Lane.Issuing, u)).ToArray();
        return (await Task.WhenAll(outcomes)).Select(r => r?.Code).ToList();
    }

    public ApprovalUse Use(Approval approval, string instance, long later = 0, bool renewal = false) =>
        new(approval.Id, instance, Clock.NowMs() + later, renewal);

    public async Task<Approval> GivenAsync(Approval approval)
    {
        Assert.Null(await CommitAsync(new ApprovalArrival(approval)));
        return approval;
    }

    public Approval New(int maxUses = 1, string? task = null, string reference = "run-1", string source = "prod-eu") => new()
    {
        Id = Protocol.Ids.New(Clock),
        Source = source,
        Reference = reference,
        State = ApprovalState.Confirmed,
        Environment = "prod",
        Templates = ["orders-read"],
        WorkloadUri = "k8s://prod-eu/shop/checkout",
        Binding = Binding.FirstClaim,
        Facts = new Dictionary<string, string>(),
        Task = task,
        Tier = "standard",
        ReceivedAt = Clock.NowMs(),
        ClaimBy = Clock.NowMs() + (15 * 60_000),
        ValidUntil = Clock.NowMs() + (60 * 60_000),
        MaxUses = maxUses,
        Uses = 0,
    };

    public async Task<long> CountAsync(string table) =>
        (await Store.ListAsync(Pool.Control, new Statement($"SELECT count(*) FROM {table}"), row => row.GetInt64(0), default))[0];

    public async Task<(long Approvals, long Uses, long Events, long Tasks)> RowsAsync() =>
        (await CountAsync("approvals"), await CountAsync("approval_uses"), await CountAsync("approval_events"), await CountAsync("ended_tasks"));

    public Task<List<(string Type, string Body)>> RecordsAsync() =>
        Store.ListAsync(Pool.Control, new Statement("SELECT type, body FROM audit WHERE type <> 'audit.chain_started' ORDER BY chain, seq"), row => (row.GetString(0), row.GetString(1)), default);

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        await Store.DisposeAsync();
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private static async Task<House> StartAsync(House house)
    {
        await house.Journal.StartAsync(default);
        return house;
    }
}
