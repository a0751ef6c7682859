// The separately compiled part of Asio (BOOST_ASIO_SEPARATE_COMPILATION), once for every module.
#include <boost/asio/impl/src.hpp>
