using System.Net;
using System.Text.Json;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.Local;

/// <summary>
/// Credentials as they are, for programs that want them so; whether all is held, for probes; and the way to end everything
/// when the work is done.
/// </summary>
internal sealed class LocalFrontEnd(LocalOptions options, HeldLeases leases, Action quit) : HttpFrontEnd
{
    private const string Credentials = "/v1/credentials/";

    public override string Name => "local";

    public override IPEndPoint? Listen => null;

    public override string Socket => options.Socket;

    public override IReadOnlyList<uint> Users => options.Users;

    public override Task AnswerAsync(HttpContext http) => (http.Request.Method, http.Request.Path.Value ?? "") switch
    {
        ("GET", "/healthz/ready") => ReadyAsync(http),
        ("GET", "/v1/leases") => ListAsync(http),
        ("GET", var path) when path.StartsWith(Credentials, StringComparison.Ordinal) => CredentialAsync(http, path[Credentials.Length..]),
        ("POST", "/v1/quit") => QuitAsync(http),
        _ => RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such path"),
    };

    public override Task RefuseAsync(HttpContext http, int status, string code, string message) => Answers.JsonAsync(http, status, json =>
    {
        json.WriteString("code"u8, code);
        json.WriteString("message"u8, message);
    });

    private Task CredentialAsync(HttpContext http, string name)
    {
        if (!leases.ByName.TryGetValue(name, out var lease)) return RefuseAsync(http, StatusCodes.Status404NotFound, "not_found", "no such lease");
        var answer = lease.Read((held, members) => Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteString("lease"u8, held.Lease.Id);
            json.WriteString("template"u8, held.Lease.Template);
            json.WriteString("backend"u8, held.Lease.Backend);
            json.WriteString("expiresAt"u8, held.ExpiresAt);
            json.WritePropertyName("credential"u8);
            members.WriteTo(json);
        }), out var nothing);
        return answer ?? RefuseAsync(http, Answers.StatusOf(nothing!), nothing!.Code, Answers.Why(lease, nothing));
    }

    private Task ListAsync(HttpContext http) => Answers.JsonAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("leases"u8);
        foreach (var lease in leases.ByName.Values) Write(json, lease);
        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, HeldLease lease)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, lease.Name);
        json.WriteString("template"u8, lease.Options.Template);
        switch (lease.Now)
        {
            case Holding.Held held:
                json.WriteString("lease"u8, held.Lease.Id);
                json.WriteString("backend"u8, held.Lease.Backend);
                json.WriteString("expiresAt"u8, held.ExpiresAt);
                break;
            case Holding.Nothing nothing:
                json.WriteString("code"u8, nothing.Code);
                json.WriteString("message"u8, nothing.Detail);
                break;
        }

        json.WriteEndObject();
    }

    private Task ReadyAsync(HttpContext http) => leases.AreAllHeld
        ? Answers.TextAsync(http, StatusCodes.Status200OK, "ready\n")
        : Answers.TextAsync(http, StatusCodes.Status503ServiceUnavailable, $"waiting for {string.Join(", ", leases.ByName.Values.Where(lease => !lease.IsReady).Select(lease => lease.Name))}\n");

    private async Task QuitAsync(HttpContext http)
    {
        await Answers.TextAsync(http, StatusCodes.Status202Accepted, "ending all leases\n");
        quit();
    }
}
