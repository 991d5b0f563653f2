using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialBroker.Sidecar.Life;

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class CredentialJson : JsonSerializerContext;
