using CredentialBroker.Audit.Exports;
using CredentialBroker.Issuer;

namespace CredentialBroker.Signals;

internal static class SignalServices
{
    public static IServiceCollection AddSignals(this IServiceCollection services, SignalOptions options) => services
        .AddSingleton(options)
        .AddSingleton<MoreExports>(provider => () => SignalStreams.Of(options, provider.GetRequiredService<KeyRings>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<SignalPoll>();
}
