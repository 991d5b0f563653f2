using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Approvals;

/// <summary>How an approval lies in its row: one order of columns for reading and writing.</summary>
internal static class ApprovalRows
{
    public static readonly RowShape Shape = new("r",
        ("id", ColumnType.Text), ("source", ColumnType.Text), ("reference", ColumnType.Text), ("state", ColumnType.Number),
        ("environment", ColumnType.Text), ("templates", ColumnType.Text), ("workload_uri", ColumnType.Text), ("instance", ColumnType.Text),
        ("nonce", ColumnType.Text), ("binding", ColumnType.Number), ("facts", ColumnType.Text), ("task", ColumnType.Text),
        ("tier", ColumnType.Text), ("intent", ColumnType.Text), ("requester", ColumnType.Text), ("approvers", ColumnType.Text),
        ("received_at", ColumnType.Number), ("not_before", ColumnType.Number), ("claim_by", ColumnType.Number),
        ("valid_until", ColumnType.Number), ("max_uses", ColumnType.Number), ("uses", ColumnType.Number),
        ("image", ColumnType.Text), ("image_digest", ColumnType.Text),
        ("circumstances", ColumnType.Text));

    public static string Columns { get; } = string.Join(", ", Shape.Columns.Select(c => c.Name));

    /// <summary>The columns behind an alias, for statements that read more than one table.</summary>
    public static string ColumnsOf(string alias) => string.Join(", ", Shape.Columns.Select(c => $"{alias}.{c.Name}"));

    public static object?[] Write(Approval a) =>
    [
        a.Id, a.Source, a.Reference, (int)a.State, a.Environment, JsonSerializer.Serialize(a.Templates, ApprovalJson.Default.IReadOnlyListString),
        a.WorkloadUri, a.Instance, a.Nonce, (int)a.Binding,
        JsonSerializer.Serialize(a.Facts, ApprovalJson.Default.IReadOnlyDictionaryStringString), a.Task, a.Tier,
        a.Intent is null ? null : JsonSerializer.Serialize(a.Intent, ApprovalJson.Default.Intent), a.Requester,
        JsonSerializer.Serialize(a.Approvers, ApprovalJson.Default.IReadOnlyListString),
        a.ReceivedAt, a.NotBefore, a.ClaimBy, a.ValidUntil, a.MaxUses, a.Uses,
        a.Image is null ? null : JsonSerializer.Serialize(a.Image, ApprovalJson.Default.ImageFacts), a.Image?.Digest,
        a.Circumstances.IsNone ? null : JsonSerializer.Serialize(a.Circumstances, ApprovalJson.Default.Circumstances),
    ];

    /// <summary>Reads a row that begins with <see cref="Columns"/>.</summary>
    public static Approval Read(DbDataReader row) => Read(row, 0);

    /// <summary>Reads a row in which <see cref="Columns"/> begin at a place.</summary>
    public static Approval Read(DbDataReader row, int at) => new()
    {
        Id = row.GetString(at),
        Source = row.GetString(at + 1),
        Reference = row.GetString(at + 2),
        State = (ApprovalState)row.GetInt64(at + 3),
        Environment = row.GetString(at + 4),
        Templates = JsonSerializer.Deserialize(row.GetString(at + 5), ApprovalJson.Default.IReadOnlyListString)!,
        WorkloadUri = row.GetString(at + 6),
        Instance = Text(row, at + 7),
        Nonce = Text(row, at + 8),
        Binding = (Binding)row.GetInt64(at + 9),
        Facts = JsonSerializer.Deserialize(row.GetString(at + 10), ApprovalJson.Default.IReadOnlyDictionaryStringString)!,
        Task = Text(row, at + 11),
        Tier = row.GetString(at + 12),
        Intent = Text(row, at + 13) is { } intent ? JsonSerializer.Deserialize(intent, ApprovalJson.Default.Intent) : null,
        Requester = Text(row, at + 14),
        Approvers = JsonSerializer.Deserialize(row.GetString(at + 15), ApprovalJson.Default.IReadOnlyListString)!,
        ReceivedAt = row.GetInt64(at + 16),
        NotBefore = row.IsDBNull(at + 17) ? null : row.GetInt64(at + 17),
        ClaimBy = row.GetInt64(at + 18),
        ValidUntil = row.GetInt64(at + 19),
        MaxUses = (int)row.GetInt64(at + 20),
        Uses = (int)row.GetInt64(at + 21),
        Image = Text(row, at + 22) is { } image ? JsonSerializer.Deserialize(image, ApprovalJson.Default.ImageFacts) : null,
        Circumstances = Text(row, at + 24) is { } seen ? JsonSerializer.Deserialize(seen, ApprovalJson.Default.Circumstances)! : Circumstances.None,
    };

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(Intent))]
[JsonSerializable(typeof(ImageFacts))]
[JsonSerializable(typeof(Circumstances))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class ApprovalJson : JsonSerializerContext;
