using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// A Vault as an operator would prepare it, through the same calls at the stand-in and at a real one (VAULT_ADDR and
/// VAULT_TOKEN): a token role, a policy for leases and one for the broker, its AppRole login, and a database engine.
/// </summary>
internal sealed class VaultRig : IAsyncDisposable
{
    public const string TargetName = "main";
    private readonly HttpClient _admin;
    private readonly PostgresServer? _database;
    private readonly string _secretIdFile;

    private VaultRig(VaultStandIn? standIn, Uri url, string token, PostgresServer? database, X509Certificate2? server)
    {
        (StandIn, _database) = (standIn, database);
        Suffix = RandomNumberGenerator.GetString("0123456789abcdefghjkmnpqrstvwxyz", 6);
        _secretIdFile = System.IO.Path.GetTempFileName();
        // The operator's own hand knows the stand-in by its very certificate, whatever is wrong with that for others.
        var handler = new SocketsHttpHandler();
        if (server is not null) handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(server.RawDataMemory.Span);
        _admin = new HttpClient(handler) { BaseAddress = new Uri(url, "/v1/") };
        _admin.DefaultRequestHeaders.Add("X-Vault-Token", token);
        _admin.DefaultRequestHeaders.Add("X-Vault-Request", "true");
        Target = new VaultTarget
        {
            Address = url, TokenRole = $"broker-{Suffix}", Policies = [$"lease-{Suffix}"], Paths = [$"db-{Suffix}/creds/*", "pki/issue/*", "aws/sts/*", "kubernetes/creds/*", "kv/data/*"],
            AllowStaticSecrets = true, ListTokens = true, RequestTimeout = TimeSpan.FromSeconds(3),
        };
    }

    public static bool HasReal => Environment.GetEnvironmentVariable("VAULT_ADDR") is { Length: > 0 } && Environment.GetEnvironmentVariable("VAULT_TOKEN") is { Length: > 0 };

    /// <summary>Null at a real Vault.</summary>
    public VaultStandIn? StandIn { get; }
    public string Suffix { get; }
    public VaultTarget Target { get; set; }
    public KeyRings Rings { get; } = new("https://broker.example", ReservedAudiences.BuiltIn);
    public BrokerClock Clock { get; } = new(TimeProvider.System);
    public VaultConnections Connections { get; private set; } = null!;
    public VaultBackend Backend { get; private set; } = null!;
    public string Path => $"db-{Suffix}/creds/orders";

    /// <param name="server">With it the stand-in is reached by https.</param>
    public static async Task<VaultRig> StartAsync(PostgresFixture? real = null, X509Certificate2? server = null)
    {
        var standIn = real is null ? await VaultStandIn.StartAsync(server) : null;
        var rig = real is null
            ? new VaultRig(standIn, standIn!.Url, VaultStandIn.RootToken, null, server)
            : new VaultRig(null, new Uri(Environment.GetEnvironmentVariable("VAULT_ADDR")!), Environment.GetEnvironmentVariable("VAULT_TOKEN")!, await real.ServerAsync(), null);
        await rig.PrepareAsync();
        rig.Connect(rig.Target);
        return rig;
    }

    /// <summary>A broker anew, as after a restart or with other options.</summary>
    public void Connect(VaultTarget target)
    {
        Connections?.Dispose();
        Target = target;
        Connections = new VaultConnections(new Dictionary<string, VaultTarget> { [TargetName] = target }, Rings, Clock);
        Backend = new VaultBackend(Suffix, Connections, Clock);
    }

    public VaultGrant Grant(string engine = "database", string? path = null, IReadOnlyDictionary<string, string>? request = null) => new(
        TargetName, VaultEngine.Find(engine)!, new VaultRead(path ?? Path, request ?? new Dictionary<string, string>()), [], [], engine == VaultEngine.Static ? 3_600_000 : 0, Target.Paths);

    public Order Order(TimeSpan? life = null, TimeSpan? deadline = null, VaultGrant? grant = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant ?? Grant(), new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(5)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds) { Approval = "approval-1" };
    }

    public async Task<(string Handle, Minted Minted, Order Order)> MintAsync(VaultGrant? grant = null, TimeSpan? life = null)
    {
        var order = Order(life, grant: grant);
        var handle = await Backend.PrepareAsync(Backend.Plan(order), order, default);
        var minted = await Backend.MintAsync(handle, order, default);
        return (minted.Handle ?? handle, minted, order);
    }

    /// <summary>Uses an account of the database engine.</summary>
    public async Task<bool> WorksAsync(Secret secret)
    {
        var parts = Parts(secret);
        if (StandIn is not null) return StandIn.State.Accepts(parts["username"], parts["password"]);
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1", Port = _database!.Port, Database = "postgres", Username = parts["username"], Password = parts["password"], SslMode = SslMode.Disable, Pooling = false, Timeout = 5,
            }.ConnectionString);
            await connection.OpenAsync();
            return true;
        }
        catch (PostgresException e) when (e.SqlState[..2] == "28")
        {
            return false;
        }
    }

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => AddTo(configuration, TargetName);

    public void AddTo(JsonObject configuration, string name)
    {
        if (configuration["Targets"]!["Vault"] is not JsonObject vaults) configuration["Targets"]!["Vault"] = vaults = [];
        vaults[name] = new JsonObject
        {
            ["Address"] = Target.Address!.ToString(), ["TokenRole"] = Target.TokenRole, ["Policies"] = new JsonArray([.. Target.Policies.Select(one => (JsonNode)one)]),
            ["Paths"] = new JsonArray([.. Target.Paths.Select(one => (JsonNode)one)]),
            ["Login"] = new JsonObject { ["Method"] = "approle", ["Mount"] = Target.Login.Mount, ["RoleId"] = Target.Login.RoleId, ["SecretIdFile"] = Target.Login.SecretIdFile },
        };
    }

    public static Dictionary<string, string> Parts(Secret secret) => JsonSerializer.Deserialize<Dictionary<string, string>>(secret.Reveal().Span)!;

    /// <summary>A member of an operator's look at the token or lease in the handle; null when there is none.</summary>
    public async Task<JsonNode?> LookAsync(string call, string member, string? value)
    {
        if (value is null) return null;
        using var answer = await _admin.PostAsJsonAsync(call, new JsonObject { [member] = value });
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonNode>())!["data"] : null;
    }

    public Task<JsonNode?> TokenAsync(string handle) => LookAsync("auth/token/lookup-accessor", "accessor", Handle.Find(handle, "accessor"));

    public Task<JsonNode?> LeaseAsync(string handle) => LookAsync("sys/leases/lookup", "lease_id", Handle.Find(handle, "secret"));

    public async Task<JsonNode?> AdminAsync(string path, JsonObject? body)
    {
        using var answer = body is null ? await _admin.GetAsync(path) : await _admin.PostAsJsonAsync(path, body);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync()}");
        return answer.StatusCode == System.Net.HttpStatusCode.NoContent ? null : await answer.Content.ReadFromJsonAsync<JsonNode>();
    }

    public async ValueTask DisposeAsync()
    {
        Connections.Dispose();
        _admin.Dispose();
        File.Delete(_secretIdFile);
        if (StandIn is null) return;
        await StandIn.DisposeAsync();
        Assert.Empty(StandIn.Undocumented);
    }

    /// <summary>The grants that docs/backends/vault.md asks for, and not one more.</summary>
    private async Task PrepareAsync()
    {
        await PolicyAsync($"lease-{Suffix}", ($"db-{Suffix}/creds/*", ["read"]), ("pki/issue/*", ["update"]), ("aws/sts/*", ["update"]), ("kubernetes/creds/*", ["update"]), ("kv/data/*", ["read"]));
        await PolicyAsync(
            $"broker-{Suffix}", ($"auth/token/create/broker-{Suffix}", ["update"]), ($"auth/token/roles/broker-{Suffix}", ["read"]), ("auth/token/revoke-accessor", ["update"]),
            ("auth/token/renew-accessor", ["update"]), ("auth/token/lookup-accessor", ["update"]), ("sys/leases/revoke", ["update"]), ("sys/leases/renew", ["update"]), ("sys/leases/lookup", ["update"]),
            ("auth/token/accessors", ["list", "sudo"]));
        await AdminAsync($"auth/token/roles/broker-{Suffix}", new JsonObject { ["allowed_policies"] = new JsonArray($"lease-{Suffix}"), ["orphan"] = true, ["renewable"] = true, ["token_no_default_policy"] = true });
        await AdminAsync($"sys/mounts/db-{Suffix}", new JsonObject { ["type"] = "database" });
        await AdminAsync($"db-{Suffix}/config/orders", new JsonObject
        {
            ["plugin_name"] = "postgresql-database-plugin", ["allowed_roles"] = "orders", ["username"] = "postgres", ["password"] = _database?.Password ?? "unused",
            ["connection_url"] = $"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{_database?.Port ?? 5432}/postgres?sslmode=disable",
        });
        await AdminAsync($"db-{Suffix}/roles/orders", new JsonObject
        {
            ["db_name"] = "orders", ["default_ttl"] = "1h", ["max_ttl"] = "24h",
            ["creation_statements"] = new JsonArray("CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"),
        });
        await AdminAsync($"sys/auth/approle-{Suffix}", new JsonObject { ["type"] = "approle" });
        await AdminAsync($"auth/approle-{Suffix}/role/broker", new JsonObject { ["token_policies"] = new JsonArray($"broker-{Suffix}"), ["token_ttl"] = "1h", ["token_max_ttl"] = "24h" });
        var secret = await AdminAsync($"auth/approle-{Suffix}/role/broker/secret-id", []);
        await File.WriteAllTextAsync(_secretIdFile, (string)secret!["data"]!["secret_id"]! + "\n");
        var role = await AdminAsync($"auth/approle-{Suffix}/role/broker/role-id", null);
        Target = Target with { Login = new VaultLogin { Method = "approle", Mount = $"approle-{Suffix}", RoleId = (string)role!["data"]!["role_id"]!, SecretIdFile = _secretIdFile } };
    }

    private Task PolicyAsync(string name, params (string Path, string[] Capabilities)[] rules) => AdminAsync($"sys/policies/acl/{name}", new JsonObject
    {
        ["policy"] = new JsonObject
        {
            ["path"] = new JsonObject(rules.Select(rule => KeyValuePair.Create<string, JsonNode?>(
                rule.Path, new JsonObject { ["capabilities"] = new JsonArray([.. rule.Capabilities.Select(one => (JsonNode)one)]) }))),
        }.ToJsonString(),
    });
}
