#pragma once

#include "gateway/runtime/worker.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace qnzs::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, runtime::Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, runtime::Executor>;

}  // namespace qnzs::http
