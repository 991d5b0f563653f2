using System.Text.Json.Serialization;

namespace CredentialBroker.Node.Approving;

/// <summary>A container that was created through the gate, and how far its present run is approved.</summary>
internal sealed record Bound
{
    public required string Id { get; init; }

    /// <summary>Digest of the image that the engine made it from.</summary>
    public required string Image { get; init; }

    /// <summary>The image as the caller named it.</summary>
    public required string ImageName { get; init; }

    /// <summary>The need, as the caller stated it.</summary>
    public string? Ticket { get; init; }

    public required string Caller { get; init; }

    /// <summary>The caller's class, whose templates it is approved for.</summary>
    public required string Class { get; init; }

    public required string Tier { get; init; }

    public required IReadOnlyList<string> Resources { get; init; }

    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Digest of the request that it was created by.</summary>
    public required string Request { get; init; }

    /// <summary>Each run has an approval and a task of its own.</summary>
    public int Run { get; init; } = 1;

    /// <summary>When the broker accepted the approval of this run, in UTC milliseconds; null before.</summary>
    public long? ApprovedAt { get; init; }

    /// <summary>When the gate last let this run begin, in UTC milliseconds; null before.</summary>
    public long? BegunAt { get; init; }

    /// <summary>Whether this run is over.</summary>
    public bool IsOver { get; init; }

    [JsonIgnore]
    public bool IsApproved => ApprovedAt is not null && !IsOver;

    /// <summary>The unit of work that this run is, in the broker's words.</summary>
    public string Task(string host) => $"docker/{host}/{Id}/{Run}";
}

[JsonSourceGenerationOptions(UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Bound))]
internal sealed partial class BoundJson : JsonSerializerContext;
