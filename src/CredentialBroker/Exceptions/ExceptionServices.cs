namespace CredentialBroker.Exceptions;

internal static class ExceptionServices
{
    public static IServiceCollection AddExceptions(this IServiceCollection services, ExceptionOptions options) => services
        .AddSingleton(options)
        .AddSingleton<ExceptionStore>()
        .AddSingleton<ExceptionEvents>()
        .AddSingleton<ExceptionDesk>()
        .AddSingleton<BreakGlassDesk>()
        .AddSingleton<ExceptionMetrics>()
        .AddSingleton<ExceptionLog>();
}
