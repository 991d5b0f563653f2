using System.Net;
using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.Vault;

/// <summary>
/// Vault's API as far as a client needs it to read what it may. Nothing is forwarded to a Vault: the broker read the secret
/// under a lease, and this tells it. Whatever token a client sends means nothing here, and none is given.
/// </summary>
internal sealed class VaultFrontEnd(VaultOptions options, IReadOnlyDictionary<string, HeldLease> leases, TimeProvider clock) : HttpFrontEnd
{
    private const string Api = "/v1/";
    private const string Mounts = "sys/internal/ui/mounts/";

    public override string Name => "vault";

    public override IPEndPoint Listen { get; } = ListenAddress.Read(options.Listen).At!;

    /// <summary>What <c>VAULT_ADDR</c> has to say.</summary>
    public string Address => Url;

    public override int LongestBody(string method) => method is "PUT" or "POST" ? 4096 : 0;

    public override Task AnswerAsync(HttpContext http)
    {
        var (method, path) = (http.Request.Method, http.Request.Path.Value ?? "");
        if (options.RequireRequestHeader && http.Request.Headers["X-Vault-Request"] is not ["true"]) return RefuseAsync(http, StatusCodes.Status412PreconditionFailed, "request_header", "missing 'X-Vault-Request' header");
        if (!path.StartsWith(Api, StringComparison.Ordinal)) return RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path");
        path = path[Api.Length..];
        return (method, path) switch
        {
            ("GET" or "HEAD", "sys/health") => HealthAsync(http),
            ("GET", "auth/token/lookup-self") => SelfAsync(http),
            ("PUT" or "POST", "sys/leases/renew") => RenewAsync(http),
            ("GET", _) when path.StartsWith(Mounts, StringComparison.Ordinal) => MountAsync(http, path[Mounts.Length..]),
            ("GET", _) when options.Paths.TryGetValue(path, out var behind) => ReadAsync(http, path, behind),
            _ => RefuseAsync(http, StatusCodes.Status403Forbidden, "forbidden", "permission denied"),
        };
    }

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteStartArray("errors"u8);
        json.WriteStringValue(message);
        json.WriteEndArray();
    });

    private Task ReadAsync(HttpContext http, string path, VaultPathOptions behind)
    {
        var lease = leases[behind.Lease];
        var answer = lease.Read((held, members) => VaultAnswer.Async(http, clock, json =>
        {
            json.WriteString("lease_id"u8, behind.Kv2 ? "" : $"{path}/{held.Lease.Id}");
            json.WriteBoolean("renewable"u8, !behind.Kv2);
            json.WriteNumber("lease_duration"u8, behind.Kv2 ? 0 : Left(held));
            json.WritePropertyName("data"u8);
            if (behind.Kv2) WriteVersion(json, held, members);
            else members.WriteTo(json);
        }), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    private static void WriteVersion(Utf8JsonWriter json, Holding.Held held, JsonElement members)
    {
        json.WriteStartObject();
        json.WritePropertyName("data"u8);
        members.WriteTo(json);
        json.WriteStartObject("metadata"u8);
        json.WriteString("created_time"u8, held.ObtainedAt.UtcDateTime);
        json.WriteNull("custom_metadata"u8);
        json.WriteString("deletion_time"u8, ""u8);
        json.WriteBoolean("destroyed"u8, false);
        json.WriteNumber("version"u8, 1);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A client that renews is told how long it has; the sidecar renews by itself.</summary>
    private async Task RenewAsync(HttpContext http)
    {
        string? id = null;
        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, new JsonDocumentOptions { MaxDepth = 4 }, http.RequestAborted);
            if (body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("lease_id"u8, out var member) && member.ValueKind == JsonValueKind.String) id = member.GetString();
        }
        catch (JsonException)
        {
            await RefuseAsync(http, StatusCodes.Status400BadRequest, ReasonCodes.RequestMalformed, "failed to parse JSON input");
            return;
        }

        foreach (var (path, behind) in options.Paths)
        {
            if (leases[behind.Lease].Now is Holding.Held held && id == $"{path}/{held.Lease.Id}")
            {
                await VaultAnswer.Async(http, clock, json =>
                {
                    json.WriteString("lease_id"u8, id);
                    json.WriteBoolean("renewable"u8, true);
                    json.WriteNumber("lease_duration"u8, Left(held));
                    json.WriteNull("data"u8);
                });
                return;
            }
        }

        await RefuseAsync(http, StatusCodes.Status400BadRequest, ReasonCodes.LeaseUnknown, "lease not found");
    }

    private Task MountAsync(HttpContext http, string path)
    {
        var mount = path.Split('/')[0];
        var known = options.Paths.FirstOrDefault(p => p.Key.StartsWith(mount + "/", StringComparison.Ordinal));
        return known.Key is null
            ? RefuseAsync(http, StatusCodes.Status403Forbidden, "forbidden", "preflight capability check returned 403, please ensure client's policies grant access to path")
            : VaultAnswer.Async(http, clock, json =>
            {
                json.WriteStartObject("data"u8);
                json.WriteString("path"u8, mount + "/");
                json.WriteString("type"u8, known.Value.Kv2 ? "kv"u8 : "generic"u8);
                json.WriteStartObject("options"u8);
                if (known.Value.Kv2) json.WriteString("version"u8, "2"u8);
                json.WriteEndObject();
                json.WriteEndObject();
            });
    }

    private Task HealthAsync(HttpContext http) => Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteBoolean("initialized"u8, true);
        json.WriteBoolean("sealed"u8, false);
        json.WriteBoolean("standby"u8, false);
        json.WriteNumber("server_time_utc"u8, clock.GetUtcNow().ToUnixTimeSeconds());
    });

    private Task SelfAsync(HttpContext http) => VaultAnswer.Async(http, clock, json =>
    {
        json.WriteStartObject("data"u8);
        json.WriteString("display_name"u8, "credbroker-sidecar"u8);
        json.WriteNumber("ttl"u8, 0);
        json.WriteBoolean("renewable"u8, false);
        json.WriteStartArray("policies"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private long Left(Holding.Held held) => (long)(held.ExpiresAt - clock.GetUtcNow()).TotalSeconds;
}

/// <summary>What is around every answer of Vault's API.</summary>
internal static class VaultAnswer
{
    public static Task Async(HttpContext http, TimeProvider clock, Action<Utf8JsonWriter> write) => Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteString("request_id"u8, Ids.New(clock));
        write(json);
        json.WriteNull("wrap_info"u8);
        json.WriteNull("warnings"u8);
        json.WriteNull("auth"u8);
    });
}
