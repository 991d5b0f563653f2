using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Exceptions;

/// <summary>How a record lies in its row: one order of columns for reading and writing.</summary>
internal static class ExceptionRows
{
    private static readonly string[] Names =
    [
        "id", "kind", "state", "name", "templates", "selector", "terms", "owners", "reason", "ticket", "requested_by", "requested_at", "length",
        "approved_by", "approved_at", "starts_at", "ends_at", "ended_by", "ended_at", "reviewed_by", "reviewed_at", "review", "flagged_at", "approval_id",
    ];

    public static string Columns { get; } = string.Join(", ", Names);

    private static readonly string Parameters = string.Join(", ", Names.Select(name => $"@{name}"));

    public static Work Insert(ExceptionRecord record)
    {
        object?[] values =
        [
            record.Id, (long)record.Kind, (long)record.State, record.Name, JsonSerializer.Serialize(record.Templates, RecordJson.Default.IReadOnlyListString),
            record.SelectorText, record.Terms is null ? null : JsonSerializer.Serialize(record.Terms, RecordJson.Default.ExceptionTerms),
            JsonSerializer.Serialize(record.Owners, RecordJson.Default.Owners), record.Reason, record.Ticket, record.RequestedBy, record.RequestedAt, record.Length,
            record.ApprovedBy, record.ApprovedAt, record.StartsAt, record.EndsAt, record.EndedBy, record.EndedAt, record.ReviewedBy, record.ReviewedAt,
            record.Review, record.FlaggedAt, record.ApprovalId,
        ];
        return new PlainWrite($"INSERT INTO exceptions ({Columns}) VALUES ({Parameters})", [.. Names.Zip(values)]);
    }

    /// <summary>Reads a row that begins with <see cref="Columns"/>.</summary>
    public static ExceptionRecord Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        Kind = (RecordKind)row.GetInt64(1),
        State = (RecordState)row.GetInt64(2),
        Name = row.GetString(3),
        Templates = JsonSerializer.Deserialize(row.GetString(4), RecordJson.Default.IReadOnlyListString)!,
        SelectorText = Text(row, 5),
        Terms = Text(row, 6) is { } terms ? JsonSerializer.Deserialize(terms, RecordJson.Default.ExceptionTerms) : null,
        Owners = JsonSerializer.Deserialize(row.GetString(7), RecordJson.Default.Owners)!,
        Reason = row.GetString(8),
        Ticket = row.GetString(9),
        RequestedBy = row.GetString(10),
        RequestedAt = row.GetInt64(11),
        Length = row.GetInt64(12),
        ApprovedBy = Text(row, 13),
        ApprovedAt = Number(row, 14),
        StartsAt = Number(row, 15),
        EndsAt = Number(row, 16),
        EndedBy = Text(row, 17),
        EndedAt = Number(row, 18),
        ReviewedBy = Text(row, 19),
        ReviewedAt = Number(row, 20),
        Review = Text(row, 21),
        FlaggedAt = Number(row, 22),
        ApprovalId = Text(row, 23),
    };

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static long? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(ExceptionTerms))]
[JsonSerializable(typeof(Owners))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class RecordJson : JsonSerializerContext;
