using System.Text.Json;
using CredentialBroker.Audit.Tree;

namespace CredentialBroker.Audit.Exports;

/// <summary>OCSF events of schema 1.8. The record itself stays with the event, as what is not mapped.</summary>
internal sealed class OcsfFormat : IExportFormat
{
    private const string Product = "CredentialBroker";
    private const string Nobody = "unknown";

    public string ContentType => "application/json";

    public bool IsArray => true;

    public Task<IReadOnlyList<ExportedEvent>> WriteAsync(IReadOnlyList<SealedRecord> records, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<ExportedEvent>>([.. records.Select(record => new ExportedEvent(record.Position, IsRecord: true, Write(record)))]);

    private static ReadOnlyMemory<byte> Write(SealedRecord record) => EventJson.Write(record, (json, told) =>
    {
        var kind = OcsfKinds.All.GetValueOrDefault(told.Text("type") ?? "") ?? OcsfKinds.Unlisted;
        Base(json, told, kind, record.Position);
        switch (kind.Class)
        {
            case OcsfClasses.Authentication:
                User(json, told);
                Named(json, "service"u8, Product);
                break;
            case OcsfClasses.AuthorizeSession:
                User(json, told);
                Session(json, told);
                Privileges(json, told);
                Named(json, "group"u8, told.Text("template") ?? Nobody);
                break;
            case OcsfClasses.UserAccess:
                User(json, told);
                Session(json, told);
                Privileges(json, told);
                break;
            case OcsfClasses.EntityManagement:
                Entity(json, told, kind);
                Actor(json, told);
                break;
            case OcsfClasses.DetectionFinding:
                Finding(json, told);
                break;
            default:
                Actor(json, told);
                Api(json, told);
                break;
        }

        json.WritePropertyName("unmapped"u8);
        told.Root.WriteTo(json);
    });

    /// <summary>What every class has.</summary>
    private static void Base(Utf8JsonWriter json, ToldRecord told, OcsfKind kind, long position)
    {
        var refused = kind.Failed || told.Text("decision", "effect") is "refused" or "deferred";
        json.WriteNumber("activity_id"u8, kind.Activity);
        json.WriteNumber("category_uid"u8, kind.Class / 1000);
        json.WriteNumber("class_uid"u8, kind.Class);
        json.WriteNumber("type_uid"u8, (kind.Class * 100L) + kind.Activity);
        json.WriteNumber("severity_id"u8, kind.Severity);
        json.WriteNumber("time"u8, told.Time.ToUnixTimeMilliseconds());
        json.WriteNumber("status_id"u8, refused ? 2 : 1);
        if ((told.Text("decision", "reasonCode") ?? told.Text("cause")) is { } code) json.WriteString("status_code"u8, code);
        if (told.Text("detail") is { } detail) json.WriteString("status_detail"u8, detail);
        json.WriteStartObject("metadata"u8);
        json.WriteString("version"u8, "1.8.0"u8);
        json.WriteString("uid"u8, told.Text("id"));
        json.WriteNumber("sequence"u8, position);
        json.WriteString("event_code"u8, told.Text("type"));
        json.WriteString("log_name"u8, told.Text("stream"));
        if ((told.Text("lease") ?? told.Text("approval") ?? told.Text("task")) is { } correlation) json.WriteString("correlation_uid"u8, correlation);
        json.WriteStartObject("product"u8);
        json.WriteString("name"u8, Product);
        json.WriteString("vendor_name"u8, Product);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void User(Utf8JsonWriter json, ToldRecord told)
    {
        json.WriteStartObject("user"u8);
        json.WriteString("uid"u8, told.Text("caller", "workload") ?? told.Text("subject") ?? Nobody);
        json.WriteString("name"u8, told.Text("caller", "subject") ?? told.Text("subject") ?? Nobody);
        json.WriteString("type"u8, "Service"u8);
        json.WriteEndObject();
    }

    private static void Actor(Utf8JsonWriter json, ToldRecord told)
    {
        json.WriteStartObject("actor"u8);
        json.WriteStartObject("user"u8);
        json.WriteString("name"u8, told.Text("actor") ?? told.Text("caller", "workload") ?? told.Text("subject") ?? Product);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Session(Utf8JsonWriter json, ToldRecord told)
    {
        json.WriteStartObject("session"u8);
        json.WriteString("uid"u8, told.Text("lease") ?? Nobody);
        if (told.Text("credential", "fingerprint") is { } credential) json.WriteString("credential_uid"u8, credential);
        if (told.Number("credential", "endsAt") is { } ends) json.WriteNumber("expiration_time"u8, ends);
        if (told.Text("cause") is { } cause) json.WriteString("expiration_reason"u8, cause);
        json.WriteEndObject();
    }

    /// <summary>A refused or ended credential names where it would have been good.</summary>
    private static void Privileges(Utf8JsonWriter json, ToldRecord told)
    {
        json.WriteStartArray("privileges"u8);
        var some = false;
        if (told.Root.TryGetProperty("effectivePrivileges", out var privileges) && privileges.ValueKind == JsonValueKind.Array)
        {
            foreach (var privilege in privileges.EnumerateArray())
            {
                json.WriteStringValue(privilege.GetRawText());
                some = true;
            }
        }

        if (!some) json.WriteStringValue($"{told.Text("credential", "backend") ?? "none"}:{told.Text("credential", "target") ?? "none"}");
        json.WriteEndArray();
    }

    private static void Entity(Utf8JsonWriter json, ToldRecord told, OcsfKind kind)
    {
        json.WriteStartObject("entity"u8);
        json.WriteString("type"u8, kind.Entity);
        json.WriteString("uid"u8, told.Text("subject") ?? told.Text("approval") ?? told.Text("task") ?? told.Text("template") ?? told.Text("id"));
        json.WriteString("name"u8, told.Text("template") ?? told.Text("subject") ?? told.Text("task") ?? kind.Entity);
        json.WriteEndObject();
    }

    private static void Finding(Utf8JsonWriter json, ToldRecord told)
    {
        json.WriteStartObject("finding_info"u8);
        json.WriteString("uid"u8, told.Text("id"));
        json.WriteString("title"u8, told.Text("type"));
        if (told.Text("detail") is { } detail) json.WriteString("desc"u8, detail);
        json.WriteEndObject();
    }

    private static void Api(Utf8JsonWriter json, ToldRecord told)
    {
        json.WriteStartObject("api"u8);
        json.WriteString("operation"u8, told.Text("type"));
        json.WriteEndObject();
        json.WriteStartObject("src_endpoint"u8);
        json.WriteString("name"u8, told.Text("caller", "instance") ?? told.Text("subject") ?? told.Text("chain", "writer") ?? Product);
        json.WriteEndObject();
        if (told.Text("lease") is not { } lease) return;
        json.WriteStartArray("resources"u8);
        json.WriteStartObject();
        json.WriteString("uid"u8, lease);
        json.WriteString("type"u8, "lease"u8);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Named(Utf8JsonWriter json, ReadOnlySpan<byte> member, string name)
    {
        json.WriteStartObject(member);
        json.WriteString("name"u8, name);
        json.WriteEndObject();
    }
}
