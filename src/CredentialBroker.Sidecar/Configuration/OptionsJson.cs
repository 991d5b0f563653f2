using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialBroker.Sidecar.Configuration;

/// <summary>The configuration file: JSON with comments, unknown and doubled keys refused.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(DurationText)],
    PropertyNameCaseInsensitive = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(SidecarOptions))]
internal sealed partial class OptionsJson : JsonSerializerContext;
